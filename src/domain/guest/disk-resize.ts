/**
 * Makes a disk larger; a guest that runs sees it grow.
 *
 *   grow (recorded first: from then on it has this size) ──► file system (the root's, by the agent)
 */
import { asLodgeError, LodgeError } from "#contract/errors";
import type { Guest } from "#contract/schema/guest";
import { defineOperation, type StepContext } from "#durable/operation/define";
import { growNode } from "#hypervisor/qemu/plug";
import { growLayer, layerById } from "../volume/layer.ts";
import { commitGuest } from "./commit.ts";
import type { DiskResult } from "./disk-add.ts";
import { openedWith } from "./files-below.ts";
import type { Fleet } from "./fleet.ts";
import { activeNodes } from "./freeze.ts";
import { findDisk, guestById, toGuest, type GuestRecord } from "./record.ts";
import { requireAction } from "./state.ts";

export interface DiskResizeInput {
  readonly guest: string;
  readonly disk: string;
  /** Bytes. */
  readonly size: number;
}

interface State {
  readonly shown: Guest;
  /** Why its file system did not grow with it, where it was to. */
  readonly warning: string;
}

export interface DiskResizeResult extends DiskResult {
  readonly warning?: string;
}

/** Milliseconds. */
const growLimit = 120_000;

export function defineDiskResize({ fleet }: { readonly fleet: Fleet }) {
  const { store, events } = fleet.parts;
  return defineOperation<DiskResizeInput, State, DiskResizeResult>({
    kind: "disk.resize",
    steps: [
      { name: "grow", commitPoint: true, do: grow },
      { name: "file system", do: growFileSystem },
    ],
    result: ({ input, state: { shown, warning } }) => ({
      guest: shown!,
      disk: input.disk,
      ...(warning === undefined ? {} : { warning }),
    }),
  });

  async function grow({ input, commit }: StepContext<DiskResizeInput, State>): Promise<Partial<State>> {
    const { guest, disk: id, size } = input;
    const before = await guestById(store, guest);
    const disk = findDisk(before, id);
    if (disk.size !== size) {
      requireAction(before, "resize-disk");
      if (size < disk.size) {
        throw new LodgeError("disk.shrink", {
          guest: before.name,
          disk: id,
          size: `${disk.size / 1024 ** 2} MiB`,
        });
      }
    }
    const layer = await layerById(store, disk.layer);
    const record = await commitGuest(store, guest, commit, [], (now) => ({
      ...now,
      disks: now.disks.map((one) => (one.id === id ? { ...one, size } : one)),
    }));
    const live = fleet.get(guest);
    if (live) await fleet.parts.cells?.letGrow(live.id, size);
    if (live && layer.device) await growLayer(layer, size);
    if (live) await growNode(live.monitor, (await activeNodes(live.monitor)).get(id)!.node, size);
    else await growLayer(layer, size, await openedWith(fleet.parts, layer));
    events.append({
      kind: "disk.resized",
      guest: record,
      message: `disk ${id} of ${record.name} has ${size} bytes`,
    });
    return { shown: toGuest(record) };
  }

  /** The root's. Whether and how another file system is to grow, only the guest's owner knows. */
  async function growFileSystem({
    input,
    signal,
    progress,
  }: StepContext<DiskResizeInput, State>): Promise<Partial<State> | void> {
    const record = await guestById(store, input.guest);
    const live = fleet.get(record.id);
    if (!live || !growsItself(record, input.disk)) return;
    progress({ message: "growing its file system" });
    try {
      await live.agent.grow({ signal, timeout: growLimit });
    } catch (error) {
      signal.throwIfAborted();
      const { message, detail } = asLodgeError(error);
      return { warning: detail === undefined ? message : `${message} (${detail})` };
    }
  }
}

const growsItself = ({ disks, agent, state }: GuestRecord, disk: string): boolean =>
  disk === disks[0]!.id && agent === "lodge" && state === "running";
