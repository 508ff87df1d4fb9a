/** Takes a host, and what is its own, out of the store. */
import { locate } from "#durable/store/partition";
import type { Item, Store } from "#durable/store/store";
import { update } from "#durable/store/update";
import { beatKey, memberKey, memberNameKey, type MemberRecord } from "../member/record.ts";
import { incarnationKey } from "./incarnation.ts";
import { revokedKey, type RevokedRecord } from "./records.ts";

/** Deletes all records that are meant. */
export async function clear(store: Store, which: (item: Item) => boolean): Promise<void> {
  const keys = (await store.list("")).items.filter(which).map(({ key }) => key);
  for (let at = 0; at < keys.length; at += 100) await store.transact({ delete: keys.slice(at, at + 100) });
}

/**
 * A host is no member from now on. First it can change nothing any more, then its records go; that what it shows holds no
 * more is told to etcd last, since it may be the host itself that does this.
 */
export async function putOut(all: Store, member: MemberRecord | undefined, now: number): Promise<void> {
  if (!member) return;
  const { id, name, certificates } = member;
  await all.transact({ delete: [incarnationKey(id), memberKey(id), memberNameKey(name), beatKey(id)] });
  await clear(all, ({ key }) => locate(key).host === id);
  await update<RevokedRecord>(all, revokedKey, (revoked = []) => [
    ...revoked.filter(({ until }) => until > now),
    ...certificates,
  ]);
}
