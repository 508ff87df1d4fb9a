/**
 * Gives a volume to a guest as a disk; into one that runs it is plugged.
 *
 *   plug ──► keep (commit point: the guest's disk, and the volume's record says where it is)
 *     any failure before it: it is taken out again
 */
import { LodgeError } from "#contract/errors";
import { defineOperation, type StepContext } from "#durable/operation/define";
import { hasController, plugDisk, unplugDisk } from "#hypervisor/qemu/plug";
import { layerById } from "../../volume/layer.ts";
import { volumeById, volumeKey } from "../../volume/record.ts";
import { commitGuest } from "../commit.ts";
import { openableDisk } from "../disk-plan.ts";
import type { Fleet } from "../fleet.ts";
import { kindUnder, requireStaysAvailable } from "../ha.ts";
import { freeId } from "../new-disks.ts";
import { bootOrder, guestById, type RecordedDisk } from "../record.ts";
import { throttleDisks } from "../limits.ts";
import { requireAction } from "../state.ts";
import { showChain } from "./show-chain.ts";

export interface AttachInput {
  readonly volume: string;
  readonly guest: string;
  readonly bus: RecordedDisk["bus"];
}

interface State {
  readonly disk: RecordedDisk;
}

export interface AttachResult {
  readonly volume: string;
  readonly guest: string;
  /** What it is called there. */
  readonly disk: string;
}

type Context = StepContext<AttachInput, State>;

export function defineAttach({ fleet }: { readonly fleet: Fleet }) {
  const { store, events } = fleet.parts;
  return defineOperation<AttachInput, State, AttachResult>({
    kind: "volume.attach",
    steps: [
      { name: "plug", do: plug, undo: unplug },
      { name: "keep", commitPoint: true, do: keep, undo: unplug },
    ],
    result: ({ input: { volume, guest }, state }) => ({ volume, guest, disk: state.disk!.id }),
  });

  async function plug({ input, save }: Context): Promise<void> {
    const { guest: id, bus } = input;
    const [record, volume] = await Promise.all([guestById(store, id), volumeById(store, input.volume)]);
    requireAction(record, "add-disk");
    if (volume.place.kind !== "rest") throw notAtRest(volume.name);
    const { layer } = volume.place;
    if (record.replica)
      throw new LodgeError("replica.impossible", {
        guest: record.name,
        reason: `volume ${volume.name} would be attached to it`,
        fix: `take its replica away first with 'lodge replica rm ${record.name}'`,
      });
    if (record.ha)
      requireStaysAvailable(record, await kindUnder(fleet.parts, layer), `volume ${volume.name}`);
    const live = fleet.get(id);
    if (live && (bus !== "virtio-scsi" || !(await hasController(live.monitor)))) {
      const reason =
        bus === "virtio-scsi"
          ? "it began without a controller to plug disks into; it has one when it is started anew with such a disk"
          : `a disk on ${bus} cannot be plugged in`;
      throw new LodgeError("disk.not_live", { guest: record.name, reason });
    }
    const { format, size } = volume;
    const disk = {
      id: freeId(record.disks, bus),
      bus,
      format,
      size,
      layer,
      volume: volume.id,
      ...(volume.encrypted ? { encrypted: true } : {}),
    };
    await save({ disk });
    if (!live) return;
    await showChain(fleet, id, layer, size);
    const { plan, secrets } = await openableDisk(fleet.parts, id, disk);
    await plugDisk(live.monitor, plan, bootOrder(record), secrets);
    const { limits } = record;
    if (limits) await throttleDisks(live, { disks: [disk], limits });
  }

  async function unplug({ input, state }: Context): Promise<void> {
    const live = fleet.get(input.guest);
    if (!live || !state.disk) return;
    await unplugDisk(live.monitor, state.disk.id);
    await fleet.parts.cells?.takeFrom(live.id, (await layerById(store, state.disk.layer)).path);
  }

  async function keep({ input, state, commit }: Context): Promise<void> {
    const disk = state.disk!;
    const volume = await volumeById(store, input.volume);
    const place = { kind: "guest", guest: input.guest, disk: disk.id } as const;
    const put = [{ key: volumeKey(volume.id), value: { ...volume, place } }];
    const guest = await commitGuest(store, input.guest, commit, put, (now) => ({
      ...now,
      disks: [...now.disks, disk],
    }));
    const message = `volume ${volume.name} is ${disk.id} of ${guest.name}`;
    events.append({ kind: "volume.attached", guest, message });
  }
}

const notAtRest = (volume: string): LodgeError => new LodgeError("volume.busy", { volume, operation: "ID" });
