/**
 * Takes a snapshot of a guest: all its disks at one moment, or these with its memory.
 *
 *   prepare ──────► freeze ──────────────────────────────────────────► keep (commit point)
 *    the layers      runs:      file systems frozen, disks frozen, thawed    the snapshot is there,
 *    written next    with RAM:  sent while it runs; disks frozen as it       and the guest stands on it
 *                               stands still for the last of it
 *                    at rest:   nothing writes to its disks; suspended, its memory is linked
 *     any failure: no snapshot; a guest that runs goes on, on whichever layer its QEMU says
 *
 * Nothing is copied but memory: a disk's snapshot is the layer that was written to until then.
 */
import { link, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { hasCode, LodgeError } from "#contract/errors";
import type { Consistency, Snapshot } from "#contract/schema/snapshot";
import { newId } from "#base/ids";
import { defineOperation, type StepContext } from "#durable/operation/define";
import { saveRunning } from "#hypervisor/qemu/save-running";
import { collectLayers, dropLayer, layerById, layerPath, type Layer } from "../../volume/layer.ts";
import type { MemoryKey } from "../../volume/disk-key.ts";
import type { DestroyParts } from "../destroy.ts";
import { activeLayers, readyToFreeze } from "../freeze.ts";
import { goOnAsBefore } from "../go-on.ts";
import type { LiveGuest } from "../live.ts";
import {
  layerPuts,
  layersOver,
  makeNext,
  nameLayers,
  newLayerIds,
  newSecrets,
  type NextSecrets,
} from "../next-layers.ts";
import { guestPlace } from "../place.ts";
import {
  guestById,
  guestKey,
  hidesMemory,
  onLayers,
  writtenLayers,
  type GuestRecord,
  type Written,
} from "../record.ts";
import { copyTpm } from "./tpm-copy.ts";
import { removeEmpty } from "./folder.ts";
import { thaw, whileQuiet, type Freeze } from "./quiet.ts";
import {
  cardsOf,
  heldLayers,
  machineOf,
  snapshotKey,
  snapshotNameKey,
  toSnapshot,
  type SnapshotRecord,
} from "./record.ts";
import { sizesOf } from "./sizes.ts";
import { requireTakeable } from "./takeable.ts";

export interface TakeInput {
  readonly guest: string;
  readonly name: string;
  readonly description: string;
  /** "suspended": that of a guest which is. */
  readonly memory: boolean | "suspended";
  readonly freeze: Freeze;
}

interface State {
  readonly id: string;
  /** Its memory too? */
  readonly memory: boolean;
  /** Did it run? */
  readonly ran: boolean;
  /** What its memory's file is encrypted with. */
  readonly memoryKey: MemoryKey;
  /** The layers that the guest writes to from now on. */
  readonly next: Written;
  /** The sealed keys of those that are encrypted. */
  readonly secrets: NextSecrets;
  /** What it was, with the layers that are frozen. */
  readonly taken: SnapshotRecord;
  readonly warning: string;
  readonly shown: Snapshot;
}

export interface TakeResult {
  readonly snapshot: Snapshot;
  readonly warning?: string;
}

type Context = StepContext<TakeInput, State>;

const resting = (state: GuestRecord["state"]): Consistency => (state === "stopped" ? "rest" : "crash");

export function defineTake(parts: DestroyParts) {
  const { fleet } = parts;
  const { store, places, events, clock, log } = fleet.parts;

  const folderOf = (guest: string) => guestPlace(places, guest).snapshots;
  const memoryOf = (guest: string, id: string) => join(folderOf(guest), `${id}.state`);
  const tpmOf = (guest: string, id: string) => join(folderOf(guest), `${id}.tpm`);
  const over = (tops: Written, ids: Written, secrets: NextSecrets | undefined) =>
    layersOver({ folder: places.layers, createdAt: fleet.now(), secrets }, tops, ids);

  return defineOperation<TakeInput, State, TakeResult>({
    kind: "snapshot.create",
    steps: [
      { name: "prepare", do: prepare, undo },
      { name: "freeze", do: freeze, undo },
      { name: "keep", commitPoint: true, do: keep, undo },
    ],
    result: ({ state: { shown, warning } }) => ({
      snapshot: shown!,
      ...(warning === undefined ? {} : { warning }),
    }),
  });

  async function prepare({ input, save }: Context): Promise<void> {
    const guest = await guestById(store, input.guest);
    await requireTakeable(fleet, guest, input);
    const tops = writtenLayers(guest);
    const next = newLayerIds(tops);
    const memory = input.memory === "suspended" ? guest.suspendFile !== undefined : input.memory;
    const secrets = await newSecrets(fleet.parts, tops, next);
    const fresh = hidesMemory(guest) ? fleet.parts.diskKeys?.makeForMemory() : undefined;
    const memoryKey = memory ? (guest.suspendFile === undefined ? fresh : guest.suspendKey) : undefined;
    const ran = guest.state === "running";
    await save({ id: newId("s"), next, secrets, memory, ran, ...(memoryKey ? { memoryKey } : {}) });
    const layers = over(tops, next, secrets);
    const live = fleet.get(guest.id);
    for (const layer of Object.values(layers)) {
      await makeNext(fleet.parts, layer);
      if (live) await fleet.parts.cells?.giveTo(guest.id, layer.path, 0);
    }
    await mkdir(folderOf(guest.id), { recursive: true, mode: 0o700 });
    if (live) await nameLayers(store, guest.id, layers);
  }

  async function freeze(context: Context): Promise<Partial<State>> {
    const { input, state, progress } = context;
    const guest = await guestById(store, input.guest);
    const live = fleet.get(guest.id);
    const id = state.id!;
    progress({ message: state.memory ? "saving memory" : "freezing the disks" });
    const how = live ? await freezeLive(context, guest, live) : await freezeResting(state.memory!, guest, id);
    const tpm = guest.machine.tpm ? tpmOf(guest.id, id) : undefined;
    if (tpm !== undefined) await copyTpm(guestPlace(places, guest.id).tpm, tpm);
    const { warning, ...rest } = how;
    const taken = { ...(await record(context, guest)), ...rest, ...(tpm === undefined ? {} : { tpm }) };
    return { taken, ...(warning === undefined ? {} : { warning }) };
  }

  async function freezeResting(memory: boolean, guest: GuestRecord, id: string) {
    const consistency = memory ? "memory" : resting(guest.state);
    // Never written to again, but removed by the guest's start: under another name it stays.
    if (memory) await link(guest.suspendFile!, memoryOf(guest.id, id));
    return { consistency, warning: undefined } as const;
  }

  async function freezeLive(
    { input, state, signal, progress }: Context,
    guest: GuestRecord,
    live: LiveGuest,
  ) {
    const next: Record<string, Layer> = {};
    for (const [what, layer] of Object.entries(state.next!)) next[what] = await layerById(store, layer);
    const disks = await readyToFreeze(fleet.parts, live.monitor, next);
    const paused = guest.state === "paused";
    if (!state.memory) {
      const wanted = paused ? "never" : input.freeze;
      return whileQuiet({ live, guest: guest.name, clock, log, signal }, wanted, disks);
    }
    const pause = await saveRunning(live.monitor, memoryOf(guest.id, state.id!), {
      socket: guestPlace(places, guest.id).outgoing,
      key: state.memoryKey && fleet.parts.diskKeys?.openForMemory(state.memoryKey),
      freeze: disks,
      resume: !paused,
      signal,
      onProgress: (fraction) => progress({ fraction: fraction * 0.9, message: "saving memory" }),
    });
    return { consistency: "memory", pause, warning: undefined, ...(paused ? { paused } : {}) } as const;
  }

  /** The guest writes to the next layers already where it runs, and else to those that are held. */
  async function record(
    { input, state }: Context,
    guest: GuestRecord,
  ): Promise<Omit<SnapshotRecord, "consistency">> {
    const tops: Record<string, Layer> = {};
    for (const [what, now] of Object.entries(writtenLayers(guest))) {
      const layer = await layerById(store, now);
      tops[what] = now === state.next![what] ? await layerById(store, layer.below!) : layer;
    }
    const machine = machineOf(onLayers(guest, tops));
    const file = state.memory ? memoryOf(guest.id, state.id!) : undefined;
    return {
      id: state.id!,
      guest: guest.id,
      project: guest.project,
      name: input.name,
      description: input.description,
      ...(guest.snapshot === undefined ? {} : { parent: guest.snapshot }),
      createdAt: fleet.now(),
      kind: state.memory ? "memory" : "disks",
      machine,
      ...(await sizesOf(store, heldLayers({ machine } as SnapshotRecord), file)),
      ...(file === undefined ? {} : { memoryFile: file, cards: cardsOf(guest) }),
      ...(state.memoryKey ? { memoryKey: state.memoryKey } : {}),
    };
  }

  async function keep({ input, state, commit }: Context): Promise<Partial<State>> {
    const taken = state.taken!;
    const { id, name } = taken;
    const now = await guestById(store, input.guest);
    if (now.snapshot !== id) await insist(() => commitOnce(input, state, commit));
    const guest = await guestById(store, input.guest);
    const message = `snapshot ${name} of ${guest.name} was taken`;
    events.append({ kind: "snapshot.created", guest, message });
    return { shown: toSnapshot(taken) };
  }

  async function commitOnce(input: TakeInput, state: Context["state"], commit: Context["commit"]) {
    const taken = state.taken!;
    await guestById(store, input.guest);
    const item = (await store.get(guestKey(input.guest)))!;
    const guest = item.value as GuestRecord;
    const named = snapshotNameKey(guest.id, input.name);
    if (await store.get(named))
      throw new LodgeError("snapshot.name_taken", { guest: guest.name, name: input.name });
    const tops = writtenLayers(guest);
    const onNext = Object.entries(state.next!).every(([what, layer]) => tops[what] === layer);
    const layers = onNext ? {} : over(tops, state.next!, state.secrets);
    await commit({
      compare: [
        { key: item.key, revision: item.revision },
        { key: named, revision: "absent" },
      ],
      put: [
        ...layerPuts(layers),
        { key: item.key, value: { ...onLayers(guest, layers), snapshot: taken.id } },
        { key: snapshotKey(taken.id), value: taken },
        { key: named, value: taken.id },
      ],
    });
  }

  /** What the guest writes to is what its QEMU says, whether its disks were frozen before this failed or not. */
  async function undo({ input, state }: Context): Promise<void> {
    const { id, next = {} } = state;
    // Taken before a restore that fails, it stays: see restore.ts.
    if (id !== undefined && (await store.get(snapshotKey(id)))) return;
    const live = fleet.get(input.guest);
    if (live) {
      if (state.memory && state.ran !== undefined) await goOnAsBefore(fleet, live, state.ran);
      // By Lodge's agent it happens anyhow.
      if (input.memory !== true && input.freeze !== "never") await thaw({ live, log });
      await activeLayers(fleet, live, input.guest);
    }
    if (id === undefined) return;
    await rm(memoryOf(input.guest, id), { force: true });
    await rm(`${memoryOf(input.guest, id)}.partial`, { force: true });
    await rm(tpmOf(input.guest, id), { recursive: true, force: true });
    await removeEmpty(folderOf(input.guest));
    await collectLayers(store, parts.layerRoots);
    for (const layer of Object.values(next))
      await dropLayer(fleet.parts, { id: layer, path: layerPath(places.layers, layer) });
  }
}

async function insist(attempt: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!hasCode(error, "store.conflict")) throw error;
    }
  }
}
