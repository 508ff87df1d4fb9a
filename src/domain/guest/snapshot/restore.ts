/**
 * Puts a guest back to what it was when a snapshot was taken. What it is now is lost; its name, network, labels
 * and what it does when the host restarts stay.
 *
 *   (a snapshot of the present state, where that is to be kept; it stays, whatever comes of the rest)
 *   prepare ──────────────► put back (commit point) ──► settle ──────────────────────────► start
 *    new layers over those   the record stands on them,   a process is switched off; memory   begins another
 *    of the snapshot         with a new vmgenid           and TPM are put where a start is    operation
 *     a failure before it:   the guest is as it was       to find them; old layers go
 *
 * With memory the guest is suspended afterwards, as if it had been then: any start goes on from there.
 */
import { randomUUID } from "node:crypto";
import { access, link, mkdir, rm } from "node:fs/promises";
import { LodgeError } from "#contract/errors";
import type { Guest } from "#contract/schema/guest";
import { defineOperation, type StepContext } from "#durable/operation/define";
import type { Put } from "#durable/store/store";
import { update } from "#durable/store/update";
import { cured } from "../ailment.ts";
import { checkChain, collectLayers, dropLayer, layerPath, type Layer } from "../../volume/layer.ts";
import { volumeById, volumeKey } from "../../volume/record.ts";
import { commitGuest } from "../commit.ts";
import { toRestore } from "../demands.ts";
import type { DestroyParts } from "../destroy.ts";
import {
  layerPuts,
  layersOver,
  makeNext,
  newLayerIds,
  newSecrets,
  type NextSecrets,
} from "../next-layers.ts";
import { guestPlace } from "../place.ts";
import {
  attachedVolumes,
  guestById,
  guestKey,
  onLayers,
  toGuest,
  type GuestRecord,
  type Written,
} from "../record.ts";
import { requireNotHeld } from "../held-to-host.ts";
import { requireAction } from "../state.ts";
import { findSnapshot, heldLayers, requireCards, type SnapshotRecord } from "./record.ts";
import { keeping, type Kept } from "./keep.ts";
import type { defineTake } from "./take.ts";
import { copyTpm } from "./tpm-copy.ts";

export interface RestoreInput {
  readonly guest: string;
  readonly snapshot: string;
  /** Also one that runs: it is switched off. */
  readonly force: boolean;
  /** Of one with memory: that too. */
  readonly memory: boolean;
  readonly start: boolean;
  /** What a snapshot of its present state is called, where that is taken first. */
  readonly keep?: string;
}

interface State extends Kept {
  /** Those that it writes to from then on. */
  readonly layers: Written;
  /** The sealed keys of those that are encrypted. */
  readonly layerSecrets: NextSecrets;
  readonly vmgenid: string;
  /** It is not its end that it is switched off for this. */
  readonly removeWhenStopped: boolean;
  readonly restored: Guest;
  /** The operation that starts it. */
  readonly starting: string;
}

export interface RestoreResult {
  readonly guest: Guest;
  /** The name of the snapshot that was taken first. */
  readonly kept?: string;
  readonly starting?: string;
}

export interface RestoreParts extends DestroyParts {
  readonly take: ReturnType<typeof defineTake>;
  readonly imagePath: (image: string) => Promise<string>;
  /** Begins to start a guest, behind what it is busy with. @returns the operation's id */
  readonly start: (input: {
    readonly guest: string;
    readonly project: string;
    readonly paused?: boolean;
  }) => Promise<string>;
}

type Context = StepContext<RestoreInput, State>;

export function defineRestore(parts: RestoreParts) {
  const { fleet } = parts;
  const { store, places, events } = fleet.parts;

  return defineOperation<RestoreInput, State, RestoreResult>({
    kind: "snapshot.restore",
    steps: [
      ...keeping(parts.take),
      { name: "prepare", do: prepare, undo },
      { name: "put back", commitPoint: true, do: putBack, undo },
      { name: "settle", do: settle },
      { name: "start", do: start },
    ],
    result: ({ input: { keep }, state: { restored, starting } }) => ({
      guest: restored!,
      ...(keep === undefined ? {} : { kept: keep }),
      ...(starting === undefined ? {} : { starting }),
    }),
  });

  async function found({ guest, snapshot }: RestoreInput): Promise<[GuestRecord, SnapshotRecord]> {
    const record = await guestById(store, guest);
    return [record, await findSnapshot(store, record, snapshot)];
  }

  function over(snapshot: SnapshotRecord, ids: Written, secrets: NextSecrets | undefined) {
    return layersOver({ folder: places.layers, createdAt: fleet.now(), secrets }, heldLayers(snapshot), ids);
  }

  async function prepare({ input, save }: Context): Promise<void> {
    const [guest, snapshot] = await found(input);
    requireAction(guest, input.force ? "force-restore" : "restore");
    requireCards(guest, snapshot, input.memory);
    if (input.memory && snapshot.memoryFile !== undefined)
      requireNotHeld(guest, "be put back with the memory that it had without");
    if (String(attachedVolumes(guest)) !== String(attachedVolumes(snapshot.machine)))
      throw new LodgeError("snapshot.other_volumes", { guest: guest.name, snapshot: snapshot.name });
    const held = heldLayers(snapshot);
    for (const layer of Object.values(held)) await checkChain(store, guest.name, layer, parts.imagePath);
    for (const path of [input.memory ? snapshot.memoryFile : undefined, snapshot.tpm])
      if (path !== undefined) await requireFile(path, guest.name);
    const next = newLayerIds(held);
    const layerSecrets = await newSecrets(fleet.parts, held, next);
    const { removeWhenStopped } = guest;
    await save({ layers: next, layerSecrets, vmgenid: randomUUID(), removeWhenStopped });
    for (const layer of Object.values(over(snapshot, next, layerSecrets))) await makeNext(fleet.parts, layer);
  }

  async function putBack(context: Context): Promise<void> {
    const { input, state } = context;
    const [, snapshot] = await found(input);
    const layers = over(snapshot, state.layers!, state.layerSecrets);
    const put = [...layerPuts(layers), ...(await volumePuts(input.guest, snapshot))];
    // What it was may be more than it is by now.
    const demand = async () => toRestore(await guestById(store, input.guest), snapshot.machine);
    await fleet.parts.pass(demand, () => putRecord(context, snapshot, put, layers));
  }

  async function putRecord(
    { input, state, commit }: Context,
    snapshot: SnapshotRecord,
    put: readonly Put[],
    layers: Readonly<Record<string, Layer>>,
  ): Promise<void> {
    await commitGuest(store, input.guest, commit, put, (now) => {
      const { suspendFile: _file, suspendKey: _key, comesBack: _back, snapshot: _from, ...rest } = cured(now);
      const { nvram: _nvram, boot: _boot, memoryTarget: _target, memoryNow: _now, ...kept } = rest;
      const { drives, ...machine } = snapshot.machine;
      return onLayers(
        {
          ...kept,
          ...machine,
          // What was in the drives belongs to the memory, and else to the present.
          ...(input.memory && snapshot.memoryFile !== undefined ? { drives } : {}),
          snapshot: snapshot.id,
          vmgenid: state.vmgenid!,
          removeWhenStopped: false,
          state: fleet.get(input.guest) ? "stopping" : "stopped",
          stateSince: fleet.now(),
        },
        layers,
      );
    });
  }

  /** Each volume is the disk again that it was then. */
  async function volumePuts(guest: string, { machine }: SnapshotRecord) {
    const puts = machine.disks.map(async ({ id: disk, volume }) => {
      if (volume === undefined) return [];
      const place = { kind: "guest", guest, disk };
      return [{ key: volumeKey(volume), value: { ...(await volumeById(store, volume)), place } }];
    });
    return (await Promise.all(puts)).flat();
  }

  async function undo({ state }: Context): Promise<void> {
    for (const layer of Object.values(state.layers ?? {}))
      await dropLayer(fleet.parts, { id: layer, path: layerPath(places.layers, layer) });
  }

  /** May run again, and after the guest's process has ended by itself. */
  async function settle({ input, state }: Context): Promise<Partial<State>> {
    const live = fleet.get(input.guest);
    if (live) {
      // An adopted one is running again by its record.
      await fleet.become(input.guest, "stopping");
      await live.kill();
    }
    await fleet.settled(input.guest);
    const [guest, snapshot] = await found(input);
    const place = guestPlace(places, guest.id);
    await mkdir(place.folder, { recursive: true, mode: 0o700 });
    await rm(place.suspended, { force: true });
    if (snapshot.tpm !== undefined) await copyTpm(snapshot.tpm, place.tpm);
    const memory = input.memory ? snapshot.memoryFile : undefined;
    if (memory !== undefined) await link(memory, place.suspended);
    const record = await update<GuestRecord>(store, guestKey(guest.id), (now) => {
      if (!now) return now;
      const { stateReason: _, ...known } = now;
      const rest = { ...known, removeWhenStopped: state.removeWhenStopped ?? known.removeWhenStopped };
      return memory === undefined
        ? { ...rest, state: "stopped" }
        : {
            ...rest,
            state: "suspended",
            suspendFile: place.suspended,
            ...(snapshot.memoryKey ? { suspendKey: snapshot.memoryKey } : {}),
          };
    });
    await collectLayers(store, parts.layerRoots);
    const message = `${guest.name} is what it was at snapshot ${snapshot.name}`;
    events.append({ kind: "snapshot.restored", guest, message });
    return { restored: toGuest(record!) };
  }

  async function start({ input }: Context): Promise<Partial<State> | void> {
    if (!input.start) return;
    const [guest, { paused = false }] = await found(input);
    const halted = paused && guest.suspendFile !== undefined;
    return {
      starting: await parts.start({
        guest: guest.id,
        project: guest.project,
        ...(halted ? { paused: true } : {}),
      }),
    };
  }
}

async function requireFile(path: string, guest: string): Promise<void> {
  await access(path).catch((cause: unknown) => {
    throw new LodgeError("guest.disk_missing", { path, guest }, { cause });
  });
}
