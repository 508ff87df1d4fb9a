/** Small ways to use a store that come up everywhere. */
import { hasCode } from "#contract/errors";
import { isKey } from "./encode.ts";
import type { Item, ReadStore, Revision, Store } from "./store.ts";

/** Puts a new key. @throws LodgeError store.conflict: it exists already. */
export const create = (store: Store, key: string, value: unknown): Promise<Revision> =>
  store.transact({ compare: [{ key, revision: "absent" }], put: [{ key, value }] });

/** What is at a key that is made of what somebody typed: nothing where that cannot be part of one. */
export const find = async (store: ReadStore, key: string): Promise<Item | undefined> =>
  isKey(key) ? store.get(key) : undefined;

export const put = (store: Store, key: string, value: unknown): Promise<Revision> =>
  store.transact({ put: [{ key, value }] });

export const remove = (store: Store, ...keys: string[]): Promise<Revision> =>
  store.transact({ delete: keys });

/**
 * Reads a key, lets `change` say what it becomes, and writes that unless the key was changed meanwhile;
 * then it begins again. `change` may run several times. Returning the value it was given leaves the key
 * as it is (so never change that one in place); returning undefined deletes it. What it throws goes to
 * the caller.
 *
 * Ends in any case: whenever it has to begin again, somebody else has got on.
 */
export async function update<T>(
  store: Store,
  key: string,
  change: (value: T | undefined) => T | undefined,
): Promise<T | undefined> {
  for (;;) {
    const item = await store.get(key);
    const before = item?.value as T | undefined;
    const after = change(before);
    if (after === before) return after;
    try {
      await store.transact({
        compare: [{ key, revision: item?.revision ?? "absent" }],
        ...(after === undefined ? { delete: [key] } : { put: [{ key, value: after, ...keepLease(item) }] }),
      });
      return after;
    } catch (error) {
      if (!hasCode(error, "store.conflict")) throw error;
    }
  }
}

const keepLease = (item: Item | undefined) => (item?.lease === undefined ? {} : { lease: item.lease });
