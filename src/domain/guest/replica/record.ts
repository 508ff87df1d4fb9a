/**
 * A guest's replica, as its record has it: what its host says of the copy that a second host keeps. That one says of it only what
 * it alone can know (copy.ts). Pure.
 *
 *              opened anew, over, on            all of it is there
 *   behind ───────────────────────────► copying ─────────────────► in-sync
 *     ▲                                    │                          │ cut: the guest's writes wait, and within that time
 *     └────────────────────────────────────┴──────────────────────────┘ either it goes on, or this is written, and then they go on
 *
 * Invariants:
 * - in-sync: each write of which the guest has heard that it is done is in `tops`, which is `whole`.
 * - `whole` was equal at one moment, and nobody writes to it unless it is in sync: it can be started whatever happens to `tops`.
 * - Each connection has an epoch of its own, which is written here first. A host that is lost can write no more here, so none later
 *   than the one that was closed is ever opened for it.
 */
import type { Replica } from "#contract/schema/replica";

/** Layers, by the disks that they are of. */
export type Written = Readonly<Record<string, string>>;

export interface ReplicaRecord extends Replica {
  /** Id of the host that has it. */
  readonly to: string;
  readonly epoch: number;
  /** The guest's layers that it is a copy of. */
  readonly source?: Written;
  /** Layers there that are written to. */
  readonly tops?: Written;
  /** Layers there that were equal. */
  readonly whole?: Written;
  /** How many layers were put over what was copied last: one with each time that it fell behind. */
  readonly turns?: number;
}

/** How a connection goes on: with what is there, with an empty layer over it for what is new, or with all of it from the start. */
export type Opening = "on" | "over" | "anew";

export const sameLayers = (a: Written | undefined, b: Written | undefined): boolean =>
  a !== undefined &&
  b !== undefined &&
  Object.keys(a).length === Object.keys(b).length &&
  Object.entries(a).every(([what, layer]) => b[what] === layer);

/** One that is to be made. */
export const wanted = (
  { id, name }: { readonly id: string; readonly name: string },
  { since, reason, epoch = 0 }: { readonly since: string; readonly reason?: string; readonly epoch?: number },
): ReplicaRecord => ({
  host: name,
  to: id,
  state: "behind",
  since,
  epoch,
  ...(reason === undefined ? {} : { reason }),
});

/** Layers over each other that a replica has at most; then all is copied anew. */
export const mostTurns = 8;

/** `mirrored`: QEMU has kept count of what was written since. */
export function openingOf(
  { state, source, tops, whole, turns = 0 }: ReplicaRecord,
  written: Written,
  mirrored: boolean,
): Opening {
  if (!mirrored || tops === undefined || !sameLayers(source, written)) return "anew";
  if (state !== "behind" || !sameLayers(tops, whole)) return "on";
  return turns < mostTurns ? "over" : "anew";
}

export function opened(
  replica: ReplicaRecord,
  how: Opening,
  { at, source, tops }: { readonly at: string; readonly source: Written; readonly tops: Written },
): ReplicaRecord {
  const { reason: _, ...rest } = replica;
  const epoch = replica.epoch + 1;
  if (how === "on")
    return replica.state === "in-sync" ? { ...rest, epoch } : { ...rest, epoch, state: "copying", since: at };
  const turns = how === "over" ? (replica.turns ?? 0) + 1 : 0;
  return { ...rest, epoch, state: "copying", since: at, source, tops, turns };
}

export function synced(replica: ReplicaRecord, at: string): ReplicaRecord {
  const { behind: _, reason: _reason, ...rest } = replica;
  return { ...rest, state: "in-sync", since: at, syncedAt: at, ...(rest.tops ? { whole: rest.tops } : {}) };
}

/** Until now it was equal, if it was. */
export function fellBehind(replica: ReplicaRecord, at: string, reason: string): ReplicaRecord {
  if (replica.state === "behind") return replica.reason === reason ? replica : { ...replica, reason };
  const syncedAt = replica.state === "in-sync" ? { syncedAt: at } : {};
  return { ...replica, state: "behind", since: at, reason, ...syncedAt };
}

/** What its host says of it. */
export interface Kept {
  /** What was written to last was not closed in order. */
  readonly torn: boolean;
  readonly tops: Written;
  readonly layers: readonly string[];
}

/** Can these be started, by what their host says? */
export const isWhole = (whole: Written, { torn, tops, layers }: Kept): boolean =>
  Object.values(whole).every((layer) => layers.includes(layer)) && !(torn && sameLayers(whole, tops));

/** What was written to last there was not closed in order: it is nothing, and all is copied anew. */
export function torn(replica: ReplicaRecord, at: string, kept: Kept): ReplicaRecord {
  const { tops: _, whole, syncedAt, ...rest } = fellBehind(replica, at, "it was not closed in order there");
  if (whole === undefined || !isWhole(whole, kept)) return rest;
  return { ...rest, whole, ...(syncedAt === undefined ? {} : { syncedAt }) };
}

export function shownReplica({ host, state, since, syncedAt, behind, reason }: ReplicaRecord): Replica {
  return {
    host,
    state,
    since,
    ...(syncedAt === undefined ? {} : { syncedAt }),
    ...(behind === undefined ? {} : { behind }),
    ...(reason === undefined ? {} : { reason }),
  };
}
