/**
 * A layer in a pool that several hosts share, where guests of several of them may stand on it: each of these hosts has a record of its
 * own of it, and the last one that lets go of it removes its file.
 *
 *   this host lets go ──► another has a record of it ──► its own record goes, while none of the others changes; then its link
 *                     └─► none has ──► the file goes, then the record
 */
import { hasCode } from "#contract/errors";
import { placeOf } from "#durable/store/partition";
import type { Compare, Store } from "#durable/store/store";
import { listMembers } from "../member/record.ts";
import { unlinkLayer } from "./stored.ts";

/**
 * Every host's record of it, this one's too; undefined: this host is in no cluster. One that has a copy of its own under that id does
 * not say that others may have it.
 */
async function holders(store: Store, key: string): Promise<Compare[] | undefined> {
  const members = await listMembers(store);
  if (members.length === 0) return undefined;
  const items = await Promise.all(members.map(({ id }) => store.get(placeOf(id, key))));
  return items.flatMap((item) =>
    item && (item.value as { readonly elsewhere?: true }).elsewhere
      ? [{ key: item.key, revision: item.revision }]
      : [],
  );
}

/** Does another host have it, too, as far as can be known? */
export async function isHeldElsewhere(store: Store, key: string): Promise<boolean> {
  const all = await holders(store, key);
  return all === undefined || all.length > 1;
}

/**
 * Lets go of a layer that this host has a record of.
 *
 * @returns false: nobody else has it, so its file is this host's to remove.
 */
export async function leaveToOthers(store: Store, key: string, path: string): Promise<boolean> {
  for (;;) {
    const all = await holders(store, key);
    if (all?.length === 1) return false;
    try {
      await store.transact({ compare: all ?? [], delete: [key] });
    } catch (error) {
      if (!hasCode(error, "store.conflict")) throw error;
      // Another one let go of it at the same moment.
      continue;
    }
    await unlinkLayer(path);
    return true;
  }
}
