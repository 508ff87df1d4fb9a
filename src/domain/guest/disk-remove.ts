/**
 * Takes a disk out of a guest, also of one that runs, and removes what was on it.
 *
 *   unplug ──► remove (it is nobody's from here on; then its layers go)
 *     a failure before that: it is plugged in again
 */
import { LodgeError } from "#contract/errors";
import type { Guest } from "#contract/schema/guest";
import { defineOperation } from "#durable/operation/define";
import type { Store } from "#durable/store/store";
import { plugDisk, unplugDisk } from "#hypervisor/qemu/plug";
import { collectLayers } from "../volume/layer.ts";
import { volumeById } from "../volume/record.ts";
import { commitGuest } from "./commit.ts";
import type { DestroyParts } from "./destroy.ts";
import { openableDisk } from "./disk-plan.ts";
import type { DiskResult } from "./disk-add.ts";
import { bootOrder, findDisk, guestById, toGuest } from "./record.ts";
import { requireAction } from "./state.ts";

export interface DiskRemoveInput {
  readonly guest: string;
  readonly disk: string;
}

interface State {
  readonly shown: Guest;
}

export function defineDiskRemove({ fleet, layerRoots }: DestroyParts) {
  const { store, events } = fleet.parts;
  return defineOperation<DiskRemoveInput, State, DiskResult>({
    kind: "disk.remove",
    steps: [
      {
        name: "unplug",
        async do({ input }) {
          const record = await guestById(store, input.guest);
          requireAction(record, "remove-disk");
          const { id, bus, volume } = findDisk(record, input.disk);
          if (id === record.disks[0]!.id) {
            throw new LodgeError("disk.boots", { guest: record.name, disk: id });
          }
          if (volume !== undefined) throw await attached(store, volume, record.name, id);
          const live = fleet.get(input.guest);
          if (!live) return;
          if (bus !== "virtio-scsi") {
            const reason = `a disk on ${bus} cannot be taken out`;
            throw new LodgeError("disk.not_live", { guest: record.name, reason });
          }
          await unplugDisk(live.monitor, id);
        },
        async undo({ input }) {
          const live = fleet.get(input.guest);
          const record = await guestById(store, input.guest);
          const disk = record.disks.find(({ id }) => id === input.disk);
          if (!live || disk?.bus !== "virtio-scsi") return;
          const { plan, secrets } = await openableDisk(fleet.parts, record.id, disk);
          await plugDisk(live.monitor, plan, bootOrder(record), secrets);
        },
      },
      {
        name: "remove",
        commitPoint: true,
        async do({ input, commit }) {
          const record = await commitGuest(store, input.guest, commit, [], (now) => ({
            ...now,
            disks: now.disks.filter(({ id }) => id !== input.disk),
          }));
          await collectLayers(store, layerRoots);
          events.append({
            kind: "disk.removed",
            guest: record,
            message: `disk ${input.disk} of ${record.name} was removed`,
          });
          return { shown: toGuest(record) };
        },
      },
    ],
    result: ({ input, state }) => ({ guest: state.shown!, disk: input.disk }),
  });
}

/** Removing it is not meant: what is on a volume outlives its guest. */
async function attached(store: Store, volume: string, guest: string, disk: string): Promise<LodgeError> {
  const { name } = await volumeById(store, volume);
  return new LodgeError("volume.attached", { volume: name, guest, disk });
}
