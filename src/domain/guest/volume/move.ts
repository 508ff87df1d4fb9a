/**
 * Moves a disk to another pool. A guest that runs goes on meanwhile.
 *
 *   make ──► copy ────────────────► switch (commit point) ─────────────────────► collect
 *    a file   running: QEMU copies,  the record names the new file, and QEMU       what nobody
 *    there    then writes to both    goes on with that alone; the guest stands     reaches any more
 *             at rest: it is copied  still for that moment, so that both are equal
 *     any failure before it: the disk is where it was
 *
 * All of it is copied, with what it stands on: in the other pool it stands by itself. What snapshots hold stays where
 * it is. A host that goes down at any moment finds one file that has everything: the record's.
 */
import { hasCode, LodgeError } from "#contract/errors";
import { newId } from "#base/ids";
import type { Store, Transaction } from "#durable/store/store";
import { defineOperation, type StepContext } from "#durable/operation/define";
import { stackedNode } from "#hypervisor/qemu/disk";
import { beginMirror, giveUp, mirrored, pivot, type MirrorTarget } from "#hypervisor/qemu/mirror";
import { forgetSecrets } from "#hypervisor/qemu/secret";
import { flushNode, releaseNode, releaseStacked } from "#hypervisor/qemu/stream";
import {
  collectLayers,
  dropLayer,
  layerById,
  layerKey,
  layerPath,
  makeLayer,
  type Elsewhere,
  type Layer,
} from "../../volume/layer.ts";
import { formatIn, placed, requirePool } from "../../volume/pool.ts";
import { volumeById, volumeItem } from "../../volume/record.ts";
import { commitGuest } from "../commit.ts";
import type { DestroyParts } from "../destroy.ts";
import { keyedChain, passphrase, type KeyParts } from "../disk-plan.ts";
import { filesBelow } from "../files-below.ts";
import { activeLayers, activeNodes } from "../freeze.ts";
import { requireStaysAvailable } from "../ha.ts";
import type { LiveGuest } from "../live.ts";
import { findDisk, guestById } from "../record.ts";
import { requireAction } from "../state.ts";

export interface MoveInput {
  /** The guest whose disk it is, or else the volume that is in none. */
  readonly of: { readonly guest: string; readonly disk: string } | { readonly volume: string };
  readonly name: string;
  readonly pool: string;
}

interface State {
  readonly layer: Layer;
  readonly place: Elsewhere;
  /** QEMU copies it. What that has not flushed is in no file, so without it the disk stays where it was. */
  readonly live: boolean;
  /** The guest was halted for the switch. */
  readonly halted: boolean;
  readonly warning: string;
}

export interface MoveResult {
  readonly pool: string;
  readonly warning?: string;
}

export interface MoveParts extends DestroyParts {
  /** Part of the transaction that promises so many bytes of a pool. @throws LodgeError pool.quota */
  readonly promise: (pool: string, bytes: number) => Promise<Required<Pick<Transaction, "compare" | "put">>>;
}

type Context = StepContext<MoveInput, State>;

export function defineMove(parts: MoveParts) {
  const { fleet } = parts;
  const { store, places, events } = fleet.parts;
  const keyOf = (layer: Layer): string | undefined => fleet.parts.diskKeys?.open(layer);
  const liveOf = ({ of }: MoveInput): LiveGuest | undefined =>
    "guest" in of ? fleet.get(of.guest) : undefined;

  return defineOperation<MoveInput, State, MoveResult>({
    kind: "volume.move",
    steps: [
      { name: "make", do: make, undo },
      { name: "copy", do: copy, undo },
      { name: "switch", commitPoint: true, cancellable: false, do: switchOver, undo },
      {
        name: "collect",
        async do() {
          await collectLayers(store, parts.layerRoots);
        },
      },
    ],
    result: ({ input: { pool }, state: { warning } }) => ({
      pool,
      ...(warning === undefined ? {} : { warning }),
    }),
  });

  async function make({ input, save }: Context): Promise<void> {
    const pool = await requirePool(store, places.layers, input.pool);
    if ("guest" in input.of) {
      const guest = await guestById(store, input.of.guest);
      requireAction(guest, "move-disk");
      requireStaysAvailable(guest, pool.kind, "its disk");
    }
    const { format: before, size, layer: from } = await whatMoves(store, input);
    const encrypted = from.secret !== undefined;
    await parts.promise(pool.name, size);
    const format = formatIn(pool, encrypted ? "qcow2" : before === "raw" ? "raw" : undefined);
    const id = newId("l");
    const { place, of } = placed(pool, id, format);
    const path = layerPath(places.layers, id, format);
    const secret = encrypted ? { secret: fleet.parts.diskKeys!.make(id) } : {};
    const layer: Layer = { id, path, format, createdAt: fleet.now(), ...of, ...secret };
    const live = liveOf(input);
    await save({ layer, place, live: live !== undefined });
    if (!live) return;
    await makeLayer({ kind: "blank", path, format, size, ...place }, { key: keyOf(layer) });
    await fleet.parts.cells?.giveTo(live.id, path, size);
  }

  async function copy({ input, state, signal, progress }: Context): Promise<void> {
    const onProgress = (fraction: number) => progress({ fraction, message: "copying" });
    const live = liveOf(input);
    if (state.live && !live) throw new LodgeError("host.qemu_gone");
    if (live) {
      const mirror = await mirrorOf(live, input, state.layer!);
      await beginMirror(live.monitor, mirror, targetOf(fleet.parts, state.layer!));
      return mirrored(live.monitor, mirror.job, { signal, onProgress });
    }
    const { layer: from } = await whatMoves(store, input);
    const { path, format } = state.layer!;
    const of = { ...from, below: await filesBelow(store, from.id) };
    const keys = { key: keyOf(state.layer!), chain: await keyedChain(fleet.parts, from.id) };
    await makeLayer({ kind: "copy", of, path, format, ...state.place }, { signal, onProgress, ...keys });
  }

  async function switchOver(context: Context): Promise<Partial<State>> {
    const { input, state, commit } = context;
    const live = liveOf(input);
    if (!live && state.live && (await whatMoves(store, input)).layer.id !== state.layer!.id)
      throw new LodgeError("host.qemu_gone");
    if (!live) await record(input, state.layer!, commit);
    const warning = live && (await switchLive(context, live));
    const message = `${input.name} is in pool ${input.pool}`;
    if (warning === undefined)
      events.append({ kind: "volume.moved", message, ...(await whose(store, input)) });
    return warning === undefined ? {} : { warning };
  }

  /** @returns why QEMU goes on with the old file, where it does */
  async function switchLive({ input, state, commit, save }: Context, live: LiveGuest) {
    const layer = state.layer!;
    const { guest, disk } = input.of as { guest: string; disk: string };
    const { job, from, to } = await mirrorOf(live, input, layer);
    const halts = (await guestById(store, guest)).state === "running" || state.halted === true;
    if (from !== to) {
      if (halts) {
        await save({ halted: true });
        await live.monitor.execute("stop");
      }
      // Nobody writes by now: what has reached both is in both for good.
      await flushNode(live.monitor, to);
    }
    // It stands still until that is certain, however long the store takes: QEMU flushes what it copies for nobody, so a guest that went
    // on could be told of writes that are safe in the old file alone, and end, while its record names the new one.
    await record(input, layer, commit);
    return whileItRuns(live, async () => {
      const objection = from === to ? undefined : await pivot(live.monitor, job);
      if (objection !== undefined) await activeLayers(fleet, live, guest);
      if (halts) await goOn(live, guest);
      if (objection !== undefined) {
        await releaseNode(live.monitor, to);
        return `it stays where it was: ${objection}`;
      }
      if (from !== to) await releaseNode(live.monitor, from);
      await releaseStacked(live.monitor, disk);
      await releaseNode(live.monitor, disk);
      await forgetSecrets(live.monitor);
      return undefined;
    });
  }

  async function goOn(live: LiveGuest, guest: string): Promise<void> {
    await live.monitor.execute("cont");
    // A daemon that found it halted has written that down.
    if ((await guestById(store, guest)).state === "paused") await fleet.become(guest, "running");
  }

  /** From then on the disk is there. */
  async function record({ of, pool }: MoveInput, layer: Layer, commit: Context["commit"]): Promise<void> {
    const size = "guest" in of ? findDisk(await guestById(store, of.guest), of.disk).size : 0;
    for (;;) {
      const { compare, put } = await parts.promise(pool, size);
      const all = [...put, { key: layerKey(layer.id), value: layer }];
      try {
        if ("volume" in of) return await commit(await ofVolume(of.volume, layer, compare, all));
        await commitGuest(
          store,
          of.guest,
          commit,
          all,
          (now) => ({
            ...now,
            disks: now.disks.map((disk) =>
              disk.id === of.disk ? { ...disk, layer: layer.id, format: layer.format } : disk,
            ),
          }),
          [],
          compare,
        );
        return;
      } catch (error) {
        if (!hasCode(error, "store.conflict")) throw error;
      }
    }
  }

  async function ofVolume(
    id: string,
    layer: Layer,
    compare: Transaction["compare"],
    put: Transaction["put"],
  ) {
    const { key, revision, value: volume } = await volumeItem(store, id);
    const value = { ...volume, format: layer.format, place: { kind: "rest", layer: layer.id } };
    return { compare: [...(compare ?? []), { key, revision }], put: [...(put ?? []), { key, value }] };
  }

  async function undo({ input, state }: Context): Promise<void> {
    const { layer } = state;
    if (!layer) return;
    const live = liveOf(input);
    if (live)
      await whileItRuns(live, async () => {
        const { job, to } = await mirrorOf(live, input, layer);
        await giveUp(live.monitor, { job, to });
        if (state.halted) await goOn(live, live.id);
      });
    await dropLayer(fleet.parts, layer);
  }

  /** Nothing is to be done in a guest that ends meanwhile: its record says which file has everything, before and after the commit. */
  async function whileItRuns<T>(live: LiveGuest, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!hasCode(error, "host.qemu_gone") || !live.monitor.isClosed) throw error;
      return undefined;
    }
  }
}

/** Names by which it is found again, whoever began it. */
async function mirrorOf(live: LiveGuest, { of }: MoveInput, layer: Layer) {
  const { disk } = of as { readonly disk: string };
  const from = (await activeNodes(live.monitor)).get(disk)!.node;
  return { job: `move-${disk}`, from, to: stackedNode(disk, layer.id) };
}

function targetOf(parts: KeyParts, layer: Layer): MirrorTarget {
  const { path, format, device = false } = layer;
  const secret = passphrase(parts, layer);
  return { file: path, format, device, ...(secret ? { secret } : {}) };
}

async function whatMoves(store: Store, { of }: MoveInput) {
  if ("guest" in of) {
    const { format, size, layer } = findDisk(await guestById(store, of.guest), of.disk);
    return { format, size, layer: await layerById(store, layer) };
  }
  const { format, size, place } = await volumeById(store, of.volume);
  if (place.kind !== "rest") throw new TypeError("a volume that is with a guest is moved as its disk");
  return { format, size, layer: await layerById(store, place.layer) };
}

async function whose(store: Store, { of }: MoveInput) {
  if ("volume" in of) return { project: (await volumeById(store, of.volume)).project };
  return { guest: await guestById(store, of.guest) };
}
