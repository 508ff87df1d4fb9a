/**
 * Removes snapshots of a guest. What stood on one stands on its parent from then on; layers that others need
 * stay, as part of these, until the chain that they are in is shortened.
 *
 *   decide (commit point: the records are gone) ──► clean (their files, and layers that nobody needs)
 */
import { rm } from "node:fs/promises";
import { defineOperation, type StepContext } from "#durable/operation/define";
import { counted } from "#base/counted";
import { collectLayers, measured, unreached } from "../../volume/layer.ts";
import { commitGuest } from "../commit.ts";
import type { DestroyParts } from "../destroy.ts";
import { guestPlace } from "../place.ts";
import { guestById, type GuestRecord } from "../record.ts";
import { removeEmpty } from "./folder.ts";
import { recordKeys, snapshotKey, snapshotsOf, type SnapshotRecord } from "./record.ts";

export interface RemoveSnapshotsInput {
  readonly guest: string;
  /** Their ids. */
  readonly snapshots: readonly string[];
}

interface State {
  readonly gone: readonly SnapshotRecord[];
  readonly freed: number;
}

export interface RemoveSnapshotsResult {
  /** Their names. */
  readonly removed: readonly string[];
  /** Bytes. */
  readonly freed: number;
}

export function defineRemoveSnapshots(parts: DestroyParts) {
  const { store, events } = parts.fleet.parts;

  return defineOperation<RemoveSnapshotsInput, State, RemoveSnapshotsResult>({
    kind: "snapshot.remove",
    steps: [
      { name: "decide", commitPoint: true, do: decide },
      { name: "clean", do: clean },
    ],
    result: ({ state: { gone = [], freed = 0 } }) => ({ removed: gone.map(({ name }) => name), freed }),
  });

  type Context = StepContext<RemoveSnapshotsInput, State>;

  async function decide({ input, state, save, commit }: Context): Promise<void> {
    const all = await snapshotsOf(store, input.guest);
    // After a crash just behind the commit point this step runs again, and they are gone already.
    const gone = state.gone ?? all.filter(({ id }) => input.snapshots.includes(id));
    if (state.gone === undefined) await save({ gone });
    const { left, parentOf } = without(all, input.snapshots);
    await commitGuest(
      store,
      input.guest,
      commit,
      left.map((one) => ({ key: snapshotKey(one.id), value: one })),
      (now) => standsOn(now, parentOf(now.snapshot)),
      gone.flatMap(recordKeys),
    );
  }

  async function clean({ input, state }: Context): Promise<Partial<State>> {
    const gone = state.gone!;
    let freed = gone.reduce((sum, { memorySize = 0 }) => sum + memorySize, 0);
    for (const { bytes } of await measured(await unreached(store, parts.layerRoots))) freed += bytes;
    for (const { memoryFile, tpm } of gone)
      for (const path of [memoryFile, tpm])
        if (path !== undefined) await rm(path, { recursive: true, force: true });
    await removeEmpty(guestPlace(parts.fleet.parts.places, input.guest).snapshots);
    await collectLayers(store, parts.layerRoots);
    if (gone.length === 0) return { freed: 0 };
    const guest = await guestById(store, input.guest);
    const names = gone.map(({ name }) => name).join(", ");
    const message = `${counted(gone.length, "snapshot", "snapshots")} of ${guest.name} removed: ${names}`;
    events.append({ kind: "snapshot.removed", guest, message });
    return { freed };
  }
}

function standsOn(guest: GuestRecord, snapshot: string | undefined): GuestRecord {
  const { snapshot: _, ...rest } = guest;
  return snapshot === undefined ? rest : { ...rest, snapshot };
}

/** A tree without some of its members: those that are another's from now on, and whose everyone is. Pure. */
export function without(
  all: readonly SnapshotRecord[],
  gone: readonly string[],
): { left: SnapshotRecord[]; parentOf: (id: string | undefined) => string | undefined } {
  const byId = new Map(all.map((one) => [one.id, one]));
  const parentOf = (id: string | undefined): string | undefined => {
    let at = id;
    while (at !== undefined && (gone.includes(at) || !byId.has(at))) at = byId.get(at)?.parent;
    return at;
  };
  const left = all.flatMap((one) => {
    const parent = parentOf(one.parent);
    if (gone.includes(one.id) || parent === one.parent) return [];
    const { parent: _, ...rest } = one;
    return [parent === undefined ? rest : { ...rest, parent }];
  });
  return { left, parentOf };
}
