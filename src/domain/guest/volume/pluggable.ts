/** A disk as QEMU is told of it while it runs: with its key, where it is encrypted. */
import type { Store } from "#durable/store/store";
import type { DiskPlan } from "#hypervisor/qemu/plan";
import { plugDisk } from "#hypervisor/qemu/plug";
import type { DiskKeys } from "../../volume/disk-key.ts";
import { layerById } from "../../volume/layer.ts";
import type { LiveGuest } from "../live.ts";
import { diskPlan } from "../machine.ts";
import { bootOrder, type GuestRecord, type RecordedDisk } from "../record.ts";

interface Parts {
  readonly store: Store;
  readonly diskKeys?: DiskKeys;
}

export async function pluggable(
  { store, diskKeys }: Parts,
  guest: string,
  disk: RecordedDisk,
): Promise<DiskPlan> {
  const layer = await layerById(store, disk.layer);
  const secret = diskKeys?.open(layer);
  return { ...diskPlan(guest, disk, layer), ...(secret === undefined ? {} : { secret }) };
}

/** Those are not in the arguments that QEMU is started with: their keys come by its monitor. */
export async function plugEncrypted(parts: Parts, live: LiveGuest, record: GuestRecord): Promise<void> {
  for (const disk of record.disks)
    if (disk.encrypted)
      await plugDisk(live.monitor, await pluggable(parts, record.id, disk), bootOrder(record));
}
