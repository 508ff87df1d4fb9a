/**
 * Takes a volume out of its guest; what is on it stays. A guest that runs is waited for until it uses it no more.
 *
 *   let go ──► unplug ──► keep (commit point: it is the guest's no more, and the volume's record says where it is)
 *     any failure before it: it is plugged in again
 */
import { LodgeError } from "#contract/errors";
import { defineOperation, type StepContext } from "#durable/operation/define";
import { plugDisk, unplugDisk } from "#hypervisor/qemu/plug";
import { layerById } from "../../volume/layer.ts";
import { volumeById, volumeKey } from "../../volume/record.ts";
import { commitGuest } from "../commit.ts";
import { openableDisk } from "../disk-plan.ts";
import type { Fleet } from "../fleet.ts";
import { bootOrder, diskSerial, findDisk, guestById, type RecordedDisk } from "../record.ts";
import { requireAction } from "../state.ts";
import { atRest } from "./at-rest.ts";
import { letGo } from "./let-go.ts";

export interface DetachInput {
  readonly volume: string;
  readonly guest: string;
  readonly disk: string;
  /** Seconds. */
  readonly timeout: number;
  readonly force: boolean;
}

interface State {
  /** As it was. */
  readonly was: RecordedDisk;
}

type Context = StepContext<DetachInput, State>;

export function defineDetach({ fleet }: { readonly fleet: Fleet }) {
  const { store, events, clock } = fleet.parts;
  return defineOperation<DetachInput, State, { readonly volume: string; readonly guest: string }>({
    kind: "volume.detach",
    steps: [
      { name: "let go", do: release },
      { name: "unplug", do: unplug, undo: plug },
      { name: "keep", commitPoint: true, do: keep, undo: plug },
    ],
    result: ({ input: { volume, guest } }) => ({ volume, guest }),
  });

  async function release({ input, signal, progress }: Context): Promise<State> {
    const record = await guestById(store, input.guest);
    requireAction(record, "remove-disk");
    const was = findDisk(record, input.disk);
    if (was.id === record.disks[0]!.id)
      throw new LodgeError("disk.boots", { guest: record.name, disk: was.id });
    const live = fleet.get(record.id);
    if (!live) return { was };
    if (was.bus !== "virtio-scsi") {
      const reason = `a disk on ${was.bus} cannot be taken out`;
      throw new LodgeError("disk.not_live", { guest: record.name, reason });
    }
    if (input.force) return { was };
    progress({ message: "waiting until the guest does not use it" });
    const serial = diskSerial(record.id, was.id);
    const limit = { clock, signal, seconds: input.timeout };
    const reason = await letGo(live.inside, serial, limit);
    if (reason === undefined) return { was };
    const seconds = input.timeout;
    throw new LodgeError("volume.in_use", { guest: record.name, disk: was.id, seconds, reason });
  }

  async function unplug({ input }: Context): Promise<void> {
    const live = fleet.get(input.guest);
    if (live) await unplugDisk(live.monitor, input.disk);
  }

  async function plug({ input, state }: Context): Promise<void> {
    const live = fleet.get(input.guest);
    const record = await guestById(store, input.guest);
    const disk = record.disks.find(({ id }) => id === input.disk);
    if (!live || !state.was || disk?.bus !== "virtio-scsi") return;
    const { plan, secrets } = await openableDisk(fleet.parts, record.id, disk);
    await plugDisk(live.monitor, plan, bootOrder(record), secrets);
  }

  async function keep({ input, commit }: Context): Promise<void> {
    const { disks } = await guestById(store, input.guest);
    const disk = disks.find(({ id }) => id === input.disk);
    const volume = await volumeById(store, input.volume);
    // Where it went on after a crash, it is out already.
    const put = disk ? [{ key: volumeKey(volume.id), value: atRest(volume, disk) }] : [];
    const guest = await commitGuest(store, input.guest, commit, put, (now) => ({
      ...now,
      disks: now.disks.filter(({ id }) => id !== input.disk),
    }));
    if (disk && fleet.get(input.guest))
      await fleet.parts.cells?.takeFrom(input.guest, (await layerById(store, disk.layer)).path);
    const message = `volume ${volume.name} was taken out of ${guest.name}`;
    events.append({ kind: "volume.detached", guest, message });
  }
}
