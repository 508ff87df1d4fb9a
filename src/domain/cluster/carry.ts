/**
 * Carries a host's state into a cluster's store, record by record, to where each lies there; and looks that it is all there and
 * the same. What it is carried from is not changed, so that until the very end there is a way back.
 *
 * To be called while nobody writes to either.
 */
import { isDeepStrictEqual } from "node:util";
import { LodgeError } from "#contract/errors";
import { locate, placeOf } from "#durable/store/partition";
import { maxBytes, type Item, type Put, type Store } from "#durable/store/store";
import { guestPrefix, type GuestRecord } from "../guest/record.ts";

export interface Carrying {
  readonly from: Store;
  readonly to: Store;
  /** Whose it is to be there. */
  readonly host: { readonly id: string; readonly name: string };
  readonly signal: AbortSignal;
  /** Which records; without it all of them. */
  readonly takes?: (item: Item) => boolean;
  /** Told how much of it is done. */
  readonly progress: (fraction: number) => void;
}

/** Records of a transaction: far from what one may hold, so that none has to be divided. */
const perTransaction = 50;
const bytesPerTransaction = maxBytes / 2;

/** What hangs on a lease is of this moment, and not carried. */
const isLasting = ({ lease }: Item): boolean => lease === undefined;

function carried({ key, value }: Item, { id, name }: Carrying["host"]): Put {
  const there = key.startsWith(guestPrefix)
    ? { ...(value as GuestRecord), host: name, generation: 1 }
    : value;
  return { key: placeOf(id, key), value: there };
}

/**
 * Resolves to how many records there are.
 * @throws LodgeError cluster.carry_failed where something else is there, or came to be; the signal's reason
 */
export async function carryInto(carrying: Carrying): Promise<number> {
  const { from, to, host, signal, progress, takes = () => true } = carrying;
  const lasting = (await from.list("")).items.filter((item) => isLasting(item) && takes(item));
  const puts = lasting.map((item) => carried(item, host));
  let done = 0;
  for (const batch of batches(puts)) {
    signal.throwIfAborted();
    await to.transact({
      compare: batch.map(({ key }) => ({ key, revision: "absent" as const })),
      put: batch,
    });
    progress((done += batch.length) / puts.length / 2);
  }
  await verify(puts, carrying);
  progress(1);
  return puts.length;
}

async function verify(puts: readonly Put[], { to, host, signal }: Carrying): Promise<void> {
  signal.throwIfAborted();
  const there = new Map((await to.list("")).items.map(({ key, value }) => [key, value]));
  for (const { key, value } of puts)
    if (!isDeepStrictEqual(there.get(key), value))
      throw new LodgeError("cluster.carry_failed", { reason: `${key} is another one there` });
  const all = [...there.keys()].filter((key) => locate(key).host === host.id).length;
  const own = puts.filter(({ key }) => locate(key).host === host.id).length;
  if (all !== own)
    throw new LodgeError("cluster.carry_failed", {
      reason: `${all} records of this host are there, not ${own}`,
    });
}

function* batches(puts: readonly Put[]): Generator<Put[]> {
  let batch: Put[] = [];
  let bytes = 0;
  for (const put of puts) {
    const size = put.key.length + Buffer.byteLength(JSON.stringify(put.value));
    if (batch.length > 0 && (batch.length === perTransaction || bytes + size > bytesPerTransaction)) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
    batch.push(put);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}
