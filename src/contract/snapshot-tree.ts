/**
 * A guest's snapshots in the order in which people read them. Pure.
 *
 *   base
 *   ├─ try         hangs off the next row above that is further left
 *   │  try-again   without a branch: goes on from the row above
 *   second
 *   (the guest is here)
 *
 * What leads to where the guest is goes on straight down, however long it is; what does not, branches off.
 */
import type { Snapshot } from "./schema/snapshot.ts";

type Member = Pick<Snapshot, "id" | "parent" | "createdAt">;

export interface TreeRow<T> {
  /** None: the guest is here. */
  readonly snapshot?: T;
  /** How many branches deep. */
  readonly depth: number;
  /** It hangs off the next row above that is less deep; else it goes on from the row above, or begins. */
  readonly branches: boolean;
}

/** @param current id of the snapshot that the guest stands on */
export function treeRows<T extends Member>(
  snapshots: readonly T[],
  current: string | undefined,
): TreeRow<T>[] {
  const known = new Set(snapshots.map(({ id }) => id));
  const children = new Map<string | undefined, T[]>();
  for (const one of snapshots.toSorted((a, b) => (a.createdAt < b.createdAt ? -1 : 1))) {
    const parent = one.parent !== undefined && known.has(one.parent) ? one.parent : undefined;
    children.set(parent, [...(children.get(parent) ?? []), one]);
  }
  const here = current !== undefined && known.has(current) ? current : undefined;
  const path = pathTo(snapshots, here);
  const rows: TreeRow<T>[] = [];
  const below = (parent: string | undefined, depth: number): void => {
    const [straight, others] = sorted(children.get(parent) ?? [], path, parent === here);
    for (const other of others) {
      // Several first ones stand beside each other.
      rows.push({
        snapshot: other,
        depth: parent === undefined ? depth : depth + 1,
        branches: parent !== undefined,
      });
      below(other.id, parent === undefined ? depth : depth + 1);
    }
    if (straight) {
      rows.push({ snapshot: straight, depth, branches: false });
      below(straight.id, depth);
    }
    if (parent === here) rows.push({ depth, branches: false });
  };
  if (snapshots.length > 0) below(undefined, 0);
  return rows;
}

/** The child that goes straight on, and the others. Where the guest is, it goes on itself. */
function sorted<T extends Member>(
  all: readonly T[],
  path: ReadonlySet<string>,
  here: boolean,
): [T | undefined, T[]] {
  const straight = here ? undefined : (all.find(({ id }) => path.has(id)) ?? all.at(-1));
  return [straight, all.filter((one) => one !== straight)];
}

function pathTo(snapshots: readonly Member[], id: string | undefined): Set<string> {
  const byId = new Map(snapshots.map((one) => [one.id, one]));
  const path = new Set<string>();
  for (let at = id; at !== undefined && !path.has(at); at = byId.get(at)?.parent) path.add(at);
  return path;
}
