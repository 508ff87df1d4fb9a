/**
 * Gives a guest one more disk, empty; into one that runs it is plugged.
 *
 *   make (its file) ──► plug ──► keep (it is the guest's)
 *     any failure: it is taken out again, and its file is removed
 */
import { LodgeError } from "#contract/errors";
import type { Guest } from "#contract/schema/guest";
import type { Clock } from "#base/clock";
import { newId } from "#base/ids";
import { defineOperation, type StepContext } from "#durable/operation/define";
import { hasController, plugDisk, unplugDisk } from "#hypervisor/qemu/plug";
import { layerKey, layerPath, makeLayer, type Layer } from "../volume/layer.ts";
import { removeLayerFile } from "../volume/stored.ts";
import { commitGuest } from "./commit.ts";
import { diskPlan, linkOf, passphrase } from "./disk-plan.ts";
import type { Fleet } from "./fleet.ts";
import { requireStaysAvailable } from "./ha.ts";
import { throttleDisks } from "./limits.ts";
import { freeId } from "./new-disks.ts";
import { bootOrder, guestById, toGuest, type RecordedDisk } from "./record.ts";
import { requireAction } from "./state.ts";

export interface DiskAddInput {
  readonly guest: string;
  /** Bytes. */
  readonly size: number;
  readonly bus: RecordedDisk["bus"];
  readonly format: RecordedDisk["format"];
  readonly encrypt?: boolean;
}

interface State {
  readonly disk: RecordedDisk;
  readonly layer: Layer;
  readonly shown: Guest;
}

export interface DiskResult {
  readonly guest: Guest;
  /** Its id. */
  readonly disk: string;
}

type Context = StepContext<DiskAddInput, State>;

export function defineDiskAdd({ fleet, clock }: { readonly fleet: Fleet; readonly clock: Clock }) {
  const { store, places, events } = fleet.parts;
  return defineOperation<DiskAddInput, State, DiskResult>({
    kind: "disk.add",
    steps: [
      {
        name: "make",
        do: make,
        async undo({ state }) {
          if (state.layer) await removeLayerFile(state.layer.path);
        },
      },
      {
        name: "plug",
        async do({ input, state }) {
          const live = fleet.get(input.guest);
          if (!live) return;
          const record = await guestById(store, input.guest);
          const layer = state.layer!;
          const secret = passphrase(fleet.parts, layer);
          const chain = secret ? { chain: [linkOf(state.disk!.id, layer)] } : {};
          const plan = { ...diskPlan(input.guest, state.disk!, layer), ...chain };
          await fleet.parts.cells?.giveTo(input.guest, layer.path, input.size);
          await plugDisk(live.monitor, plan, bootOrder(record), secret ? [secret] : []);
          const { limits } = record;
          if (limits) await throttleDisks(live, { disks: [state.disk!], limits });
        },
        async undo({ input, state }) {
          const live = fleet.get(input.guest);
          if (live && state.disk) await unplugDisk(live.monitor, state.disk.id);
        },
      },
      {
        name: "keep",
        commitPoint: true,
        async do({ input, state, commit }) {
          const disk = state.disk!;
          const layer = { key: layerKey(state.layer!.id), value: state.layer! };
          const record = await commitGuest(store, input.guest, commit, [layer], (now) => ({
            ...now,
            disks: [...now.disks, disk],
          }));
          events.append({
            kind: "disk.added",
            guest: record,
            message: `${record.name} has one more disk, ${disk.id}`,
          });
          return { shown: toGuest(record) };
        },
      },
    ],
    result: ({ state }) => ({ guest: state.shown!, disk: state.disk!.id }),
  });

  async function make({ input, save, signal }: Context): Promise<void> {
    const { guest, bus, format, size } = input;
    const record = await guestById(store, guest);
    requireAction(record, "add-disk");
    requireStaysAvailable(record, undefined, "its new disk");
    const live = fleet.get(guest);
    if (live) {
      const reason =
        bus === "virtio-scsi"
          ? "it began without a controller to plug disks into; it has one when it is started anew with such a disk"
          : `a disk on ${bus} cannot be plugged in`;
      const plugs = bus === "virtio-scsi" && (await hasController(live.monitor));
      if (!plugs) throw new LodgeError("disk.not_live", { guest: record.name, reason });
    }
    const id = newId("l");
    const path = layerPath(places.layers, id, format);
    const createdAt = new Date(clock.now()).toISOString();
    const disk = { id: freeId(record.disks, bus), bus, format, size, layer: id };
    const { diskKeys } = fleet.parts;
    const layer = {
      id,
      path,
      format,
      createdAt,
      ...(input.encrypt ? { secret: diskKeys!.make(id) } : {}),
    };
    await save({ disk: { ...disk, ...(input.encrypt ? { encrypted: true } : {}) }, layer });
    await makeLayer({ kind: "blank", path, format, size }, { signal, key: diskKeys?.open(layer) });
  }
}
