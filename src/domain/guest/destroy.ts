/** Ends everything a guest is made of. The undo of its creation, and the work of its removal. Idempotent. */
import { rm } from "node:fs/promises";
import { endProcess } from "#base/process";
import { clearGroup } from "#hypervisor/cpu/groups";
import type { Store } from "#durable/store/store";
import { collectLayers } from "../volume/layer.ts";
import { volumeKey, type VolumeRecord } from "../volume/record.ts";
import type { Fleet } from "./fleet.ts";
import { handBack } from "./device/hand-on.ts";
import { guestPlace } from "./place.ts";
import { atRest } from "./volume/at-rest.ts";
import { guestKey, guestNameKey, helpersOf, type GuestRecord } from "./record.ts";
import { recordKeys, snapshotsOf } from "./snapshot/record.ts";

export interface DestroyParts {
  readonly fleet: Fleet;
  /** Every layer that somebody stands on. */
  readonly layerRoots: () => Promise<string[]>;
}

export async function destroyGuest(parts: DestroyParts, id: string): Promise<void> {
  const { store, networks, places, groups } = parts.fleet.parts;
  await parts.fleet.get(id)?.kill();
  await parts.fleet.parts.cells?.release(id);
  await parts.fleet.settled(id);
  const item = await store.get(guestKey(id));
  const place = guestPlace(places, id);
  if (item) {
    const record = item.value as GuestRecord;
    if (record.process) await endProcess(record.process, 500);
    if (record.process) await Promise.all(helpersOf(record.process).map((helper) => endProcess(helper)));
    handBack(record);
    await networks.release(record);
    const addresses = networks.claims(record, record.nics).map(({ key }) => key);
    const name = await store.get(guestNameKey(record.project, record.name));
    const ownName = name?.value === id ? [guestNameKey(record.project, record.name)] : [];
    const snapshots = (await snapshotsOf(store, id)).flatMap(recordKeys);
    await store.transact({
      put: await volumesAtRest(store, record),
      delete: [guestKey(id), ...ownName, ...addresses, ...snapshots],
    });
    // Whom rules speak of is one fewer.
    await networks.guard.forget(id);
    if (record.publish.length > 0) await networks.refreshPublishes(record);
  }
  await clearGroup(groups, id);
  await rm(place.folder, { recursive: true, force: true });
  await rm(place.run, { recursive: true, force: true });
  await parts.fleet.parts.cells?.forget(id);
  await collectLayers(store, parts.layerRoots);
}

/** What was attached to it outlives it. */
async function volumesAtRest(store: Store, { id, disks }: GuestRecord) {
  const puts = disks.map(async (disk) => {
    const item = disk.volume === undefined ? undefined : await store.get(volumeKey(disk.volume));
    const volume = item?.value as VolumeRecord | undefined;
    if (volume?.place.kind !== "guest" || volume.place.guest !== id) return [];
    return [{ key: volumeKey(volume.id), value: atRest(volume, disk) }];
  });
  return (await Promise.all(puts)).flat();
}
