/**
 * A guest of a lost host that nobody starts again, of which volumes are gone on with: a desktop that holds somebody's home. What is on
 * its own disks is lost with it; its volumes are at rest again.
 *
 *   its beat is gone ──► claim ──► storage refuses it its volumes ──► the guest is no more
 *                          │           └── cannot ──► said; nothing is changed
 *                          └── it is back, or another host has claimed it: false
 *
 * A host that comes back finds nothing of the guest in its records, as of one that was taken over.
 */
import { LodgeError } from "#contract/errors";
import { placeOf } from "#durable/store/partition";
import type { Put } from "#durable/store/store";
import { guestKey, guestNameKey, type GuestRecord } from "../../guest/record.ts";
import { recordKeys } from "../../guest/snapshot/record.ts";
import { atRest } from "../../guest/volume/at-rest.ts";
import { takeOverKey } from "../../member/record.ts";
import { reachable, type Layer } from "../../volume/layer.ts";
import { volumeKey } from "../../volume/record.ts";
import { belongingsOf, leftKey, type Belongings, type LeftBehind } from "./belongings.ts";
import { claim, type LostHost, type TakeOverParts } from "./take-over.ts";

export interface LetGoParts extends Pick<
  TakeOverParts,
  "store" | "host" | "now" | "events" | "beatKey" | "refuse"
> {
  /** Shared keys that its cards have. */
  readonly addresses: (guest: GuestRecord) => readonly string[];
}

/** @returns false: it is not lost. @throws LodgeError failover.not_refused, store.conflict */
export async function letGoOfLost(parts: LetGoParts, lost: LostHost, id: string): Promise<boolean> {
  const { store } = parts;
  const belongings = await belongingsOf(store, lost.id, id);
  if (!belongings) return true;
  if (belongings.guest.ha) throw new TypeError("a guest that is started elsewhere is not let go of");
  const claimed = await claim(parts, lost.id);
  if (!claimed) return false;
  const { guest, revision, snapshots, volumes } = belongings;
  await parts.refuse(lost, ofVolumes(belongings), claimed.revision);
  const there = (key: string) => placeOf(lost.id, key);
  const rest = volumes.flatMap((volume): Put[] => {
    const disk = guest.disks.find((one) => one.volume === volume.id);
    return disk ? [{ key: there(volumeKey(volume.id)), value: atRest(volume, disk) }] : [];
  });
  const left: LeftBehind = { layers: [] };
  await store.transact({
    compare: [{ key: there(guestKey(id)), revision }, ...claimed.compare],
    put: [...rest, { key: there(leftKey(id)), value: left }],
    delete: [
      there(guestKey(id)),
      guestNameKey(guest.project, guest.name),
      ...snapshots.flatMap(recordKeys).map(there),
      ...parts.addresses(guest),
    ],
  });
  const message = `${guest.name} is gone with ${lost.name}; what it had of others' is free`;
  parts.events.append({ kind: "guest.removed", guest, message });
  await store
    .transact({ compare: claimed.compare, delete: [takeOverKey(lost.id)] })
    .catch((error: unknown) => {
      if (!(error instanceof LodgeError)) throw error;
    });
  return true;
}

/** Of which alone it matters who writes. */
function ofVolumes(belongings: Belongings): Belongings {
  const { guest, layers } = belongings;
  const tops = guest.disks.flatMap(({ volume, layer }) => (volume === undefined ? [] : [layer]));
  const kept = reachable(layers as readonly Layer[], tops);
  return { ...belongings, layers: layers.filter(({ id }) => kept.has(id)) };
}
