/** Lists records in pages that are all of one revision; the next is under way while one is read. */
import { hasCode } from "#contract/errors";
import { decodeItem } from "./encode.ts";
import type { EtcdClient } from "./etcd-client.ts";
import { isRefusal } from "#base/etcd-errors";
import { type EtcdLayout, type RangeAnswer, revisionOf } from "./etcd-layout.ts";
import type { Item, ListOptions } from "./store.ts";

export interface EtcdListing {
  readonly items: readonly Item[];
  readonly number: number;
  readonly more: boolean;
}

/** Records of the first page; of the others as many as make some 4 MB, by what those before them had. */
const firstPage = 500;
const pageBytes = 4_000_000;

/** How often a listing begins anew whose revision was compacted away meanwhile. */
const attempts = 5;

export async function listRecords(
  client: EtcdClient,
  layout: EtcdLayout,
  prefix: string,
  options: ListOptions,
): Promise<EtcdListing> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await listOnce(client, layout, prefix, options);
    } catch (error) {
      const forgotten = hasCode(error, "store.unavailable") && isRefusal(error, "compacted");
      if (!forgotten || attempt === attempts) throw error;
    }
  }
}

async function listOnce(
  client: EtcdClient,
  layout: EtcdLayout,
  prefix: string,
  { limit = Infinity, after }: ListOptions,
): Promise<EtcdListing> {
  const range = layout.range(prefix, after);
  // etcd takes no limit of 0 for "none": one is asked for, and none is shown.
  let wanted = Math.max(limit, 1);
  const ask = (key: string, page: number, revision?: number) =>
    client.ask<RangeAnswer>("/v3/kv/range", { ...range, key, limit: String(page), revision });
  const items: Item[] = [];
  let size = Math.min(firstPage, wanted);
  let answer = await ask(range.key, size);
  const number = revisionOf(answer.header);
  for (;;) {
    const kvs = answer.kvs ?? [];
    wanted -= kvs.length;
    const goesOn = answer.more === true && wanted > 0;
    size = Math.min(pageSize(kvs), wanted);
    const next = goesOn ? ask(keyAfter(kvs.at(-1)!.key), size, number) : undefined;
    // Waited for below; where reading this page fails first, its own failure is of no interest.
    next?.catch(() => undefined);
    for (const kv of kvs) items.push(decodeItem(layout.itemOf(kv)));
    if (!next) break;
    answer = await next;
  }
  if (limit === 0) return { items: [], number, more: items.length > 0 };
  return { items, number, more: answer.more === true };
}

function pageSize(kvs: readonly { readonly value?: string }[]): number {
  const bytes = kvs.reduce((sum, { value }) => sum + 100 + (value?.length ?? 0), 0);
  return Math.min(Math.max(10, Math.floor((pageBytes * kvs.length) / Math.max(bytes, 1))), 10_000);
}

const keyAfter = (key: string): string =>
  Buffer.concat([Buffer.from(key, "base64"), Buffer.of(0)]).toString("base64");
