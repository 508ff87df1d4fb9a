/**
 * Branches a running guest: children with its memory, its processes and its disks as they were at one moment.
 *
 *   prepare ──► branch ──────────────────────────────────────────────────────────► finish
 *    records,     parent: RAM sent while it runs; stopped; disks frozen; device state; goes on
 *    layers       child:  QEMU started ─────────────────────────── loads both ─► becomes itself while
 *                                                                   its link is down; link up
 *     any failure: the children are destroyed; the parent goes on, on whichever layer it writes to
 *
 * The RAM is written once, however many children. A child holds its parent's secrets in memory: the CLI and
 * docs/guides/security.md say so.
 */
import { closeSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { LodgeError } from "#contract/errors";
import type { Guest } from "#contract/schema/guest";
import type { Clock } from "#base/clock";
import { newId } from "#base/ids";
import type { ProcessRef } from "#base/process";
import { together } from "#base/together";
import { defineOperation, type StepContext } from "#durable/operation/define";
import type { SealKey } from "#durable/store/seal";
import type { Transaction } from "#durable/store/store";
import { createRam, openRam, releaseRam, sealRam } from "#hypervisor/memory/held-ram";
import { branchMachine } from "#hypervisor/qemu/branch/branch";
import { seedVolume } from "#hypervisor/image/seed";
import { networksStay } from "../network/record.ts";
import { dropLayer, layerById, layerKey, layerPath, type Layer } from "../volume/layer.ts";
import { toMake } from "./demands.ts";
import { destroyGuest, type DestroyParts } from "./destroy.ts";
import { activeLayers, readyToFreeze } from "./freeze.ts";
import { goOnAsBefore } from "./go-on.ts";
import { becomeItself } from "./become-itself.ts";
import { newIdentity, seedOf } from "./identity.ts";
import { launch } from "./launch.ts";
import { hasSeed } from "./machine.ts";
import { layersOver, makeNext, nameLayers, newLayerIds, newSecrets } from "./next-layers.ts";
import { guestPlace } from "./place.ts";
import { bootMemory } from "./plugged.ts";
import {
  asOwn,
  guestById,
  guestKey,
  guestNameKey,
  hidesMemory,
  onLayers,
  toGuest,
  writtenLayers,
  type GuestRecord,
  type Written,
} from "./record.ts";
import { requireNoLayers } from "./ha.ts";
import { requireNotHeld } from "./held-to-host.ts";
import { requireAction } from "./state.ts";

export interface BranchInput {
  readonly guest: string;
  readonly count: number;
  readonly name?: string;
  readonly allowTpm: boolean;
  /** Of one that is made for somebody by Lodge itself: its id, what its record has, and what is written down with it. */
  readonly made?: Required<Pick<Transaction, "compare" | "put">> & {
    readonly id: string;
    readonly has: Partial<Pick<GuestRecord, "desktop" | "clipboard" | "fileDrop">>;
  };
}

interface State {
  readonly children: readonly string[];
  /** Did the parent run? */
  readonly ran: boolean;
  readonly holder: ProcessRef;
  /** The parent's layers from now on. */
  readonly next: Written;
  /** Milliseconds the parent stood still. */
  readonly pause: number;
  readonly shown: readonly Guest[];
}

export interface BranchResult {
  readonly guests: readonly Guest[];
  /** Milliseconds the parent's processors stood still. */
  readonly pause: number;
}

export interface BranchParts extends DestroyParts {
  readonly key: SealKey;
  readonly clock: Clock;
  /** @throws LodgeError guest.memory_unavailable */
  readonly requireMemory: (record: GuestRecord, count: number) => Promise<void>;
}

type Context = StepContext<BranchInput, State>;

export function defineBranch(parts: BranchParts) {
  const { fleet, key, clock } = parts;
  const { store, networks, places, events } = fleet.parts;
  const stateIn = (folder: string, operation: string) => join(folder, `${operation}.branch`);
  /** Of a parent with encrypted disks, whose registers and picture are in it, where things are in memory. */
  const stateFile = (operation: string, guest: GuestRecord) =>
    stateIn(hidesMemory(guest) ? places.run : places.templates, operation);

  return defineOperation<BranchInput, State, BranchResult>({
    kind: "guest.fork",
    steps: [
      { name: "prepare", do: prepare, undo },
      { name: "branch", do: branch, undo },
      {
        name: "finish",
        commitPoint: true,
        async do(context) {
          await forget(context);
          const children = await Promise.all(context.state.children!.map((id) => guestById(store, id)));
          return { shown: children.map(toGuest) };
        },
      },
    ],
    result: ({ state }) => ({ guests: state.shown!, pause: state.pause ?? 0 }),
  });

  async function prepare({ input, save }: Context): Promise<void> {
    const parent = await guestById(store, input.guest);
    requireAction(parent, "fork");
    requireNotHeld(parent, "be branched");
    await requireNoLayers(fleet.parts, parent);
    if (parent.machine.tpm && !input.allowTpm) throw new LodgeError("guest.tpm_fork", { guest: parent.name });
    fleet.require(parent.id).requireTpm(parent.name);
    if (parent.agent !== "lodge") {
      throw new LodgeError("guest.not_forkable", {
        guest: parent.name,
        reason: "it has no Lodge agent, which gives a branch its identity",
      });
    }
    await parts.requireMemory(parent, input.count);
    const children: string[] = [];
    const next = newLayerIds(writtenLayers(parent));
    for (let i = 0; i < input.count; i++) children.push(input.made?.id ?? newId("g"));
    await save({ children, next, ran: parent.state === "running" });
    const makeChildren = async () => {
      const demand = toMake({ ...parent, publish: [] }, { count: input.count });
      await fleet.parts.pass(demand, async () => {
        for (const [i, id] of children.entries())
          await makeChild(parent, id, childName(parent, input, i), input.made);
      });
    };
    await together([makeChildren(), makeNextLayers(parent, next)]);
  }

  async function makeChild(
    parent: GuestRecord,
    id: string,
    name: string,
    made?: BranchInput["made"],
  ): Promise<void> {
    const now = new Date(clock.now()).toISOString();
    const tops = writtenLayers(parent);
    const own = await newLayers(tops, newLayerIds(tops), now);
    const layers = Object.values(own);
    const nics = await Promise.all(parent.nics.map((nic) => networks.twin(nic, parent.project)));
    const { process: _, suspendFile: _file, stateReason: _reason, comesBack: _back, ...most } = parent;
    const { suspendKey: _key, ...more } = most;
    // What keeps its parent alive is the parent's: its disks are others.
    const { snapshot: _snapshot, ha: _ha, replica: _replica, desktop: _desktop, ...rest } = more;
    const child: GuestRecord = {
      ...onLayers({ ...rest, disks: asOwn(rest.disks) }, own),
      id,
      name,
      hostname: name,
      nics,
      publish: [],
      ...newIdentity(id, name, undefined, key),
      createdAt: now,
      state: "creating",
      stateSince: now,
      origin: { ...parent.origin, how: "branch", parent: parent.name },
      ...made?.has,
    };
    const nameKey = guestNameKey(child.project, name);
    if (await store.get(nameKey)) throw new LodgeError("guest.name_taken", { name });
    const claims = networks.claims({ id, project: child.project }, nics);
    await store.transact({
      compare: [
        { key: nameKey, revision: "absent" },
        ...claims.map((claim) => ({ key: claim.key, revision: "absent" as const })),
        ...(await networksStay(store, child.project, nics)),
        ...(made?.compare ?? []),
      ],
      put: [
        { key: guestKey(id), value: child },
        { key: nameKey, value: id },
        ...layers.map((layer) => ({ key: layerKey(layer.id), value: layer })),
        ...claims,
        ...(made?.put ?? []),
      ],
    });
    await mkdir(guestPlace(places, id).folder, { recursive: true, mode: 0o700 });
    await Promise.all([networks.attach(child), ...layers.map((layer) => makeNext(fleet.parts, layer))]);
  }

  async function newLayers(tops: Written, ids: Written, createdAt: string): Promise<Record<string, Layer>> {
    const secrets = await newSecrets(fleet.parts, tops, ids);
    return layersOver({ folder: places.layers, createdAt, secrets }, tops, ids);
  }

  async function makeNextLayers(parent: GuestRecord, ids: Written): Promise<void> {
    const next = await newLayers(writtenLayers(parent), ids, new Date(clock.now()).toISOString());
    for (const layer of Object.values(next)) {
      await makeNext(fleet.parts, layer);
      await fleet.parts.cells?.giveTo(parent.id, layer.path, 0);
    }
    await nameLayers(store, parent.id, next);
  }

  async function branch(context: Context): Promise<Partial<State>> {
    const { input, state, operationId, save } = context;
    const parent = await guestById(store, input.guest);
    const holder = await createRam(bootMemory(parent), places.run);
    await save({ holder });
    await writeFile(stateFile(operationId, parent), "", { mode: 0o600 });
    const copied = copyParent(context, parent, holder);
    const whole = copied.then(() => undefined);
    // One QEMU is started meanwhile; more would take the processors that the copying needs.
    const children = state.children!.map(async (id, i) => {
      if (i > 0) await whole;
      await startChild(context, id, holder, whole);
    });
    await together([whole, ...children]);
    return { pause: await copied };
  }

  /** Resolves, once RAM and state are whole, to the milliseconds for which the parent stood still. */
  async function copyParent(context: Context, parent: GuestRecord, holder: ProcessRef): Promise<number> {
    const { signal, operationId, progress } = context;
    const live = fleet.require(parent.id);
    const next: Record<string, Layer> = {};
    for (const [what, id] of Object.entries(writtenLayers(parent))) next[what] = await layerById(store, id);
    const ram = openRam(holder);
    try {
      const { pause } = await branchMachine(live.monitor, {
        socket: guestPlace(places, parent.id).outgoing,
        ram,
        stateFile: stateFile(operationId, parent),
        freeze: await readyToFreeze(fleet.parts, live.monitor, next),
        resume: parent.state !== "paused",
        signal,
        onProgress: (fraction) => progress({ fraction: fraction * 0.5, message: "copying memory" }),
      });
      await sealRam(holder, signal);
      return pause;
    } finally {
      closeSync(ram);
    }
  }

  async function startChild(
    { operationId, signal }: Context,
    id: string,
    holder: ProcessRef,
    whole: Promise<void>,
  ): Promise<void> {
    const record = await guestById(store, id);
    const { seed } = guestPlace(places, id);
    if (hasSeed(record)) await writeFile(seed, seedVolume(seedOf(record, key)), { mode: 0o600 });
    const live = await launch(fleet.parts, record, {
      parked: { template: operationId, holder },
      state: { file: stateFile(operationId, record), ramExcluded: false, whole },
      signal,
    });
    fleet.track(live);
    for (const nic of record.nics) await live.monitor.execute("set_link", { name: nic.id, up: false });
    await live.monitor.execute("cont");
    await becomeItself({ fleet, key, clock }, id, signal);
    events.append({
      kind: "guest.forked",
      guest: record,
      message: `${record.name} was branched from ${record.origin.parent}`,
    });
  }

  async function forget({ state, operationId }: Context): Promise<void> {
    if (state.holder) await releaseRam(state.holder);
    for (const folder of [places.templates, places.run])
      for (const end of ["", ".partial"]) await rm(stateIn(folder, operationId) + end, { force: true });
  }

  /** What the parent writes to is what its QEMU says, whether the disks were frozen before it failed or not. */
  async function undo(context: Context): Promise<void> {
    const { children = [], next = {}, ran } = context.state;
    const live = fleet.get(context.input.guest);
    if (live) {
      if (ran !== undefined) await goOnAsBefore(fleet, live, ran);
      await activeLayers(fleet, live, context.input.guest);
    }
    for (const id of children) await destroyGuest(parts, id);
    for (const id of Object.values(next))
      await dropLayer(fleet.parts, { id, path: layerPath(places.layers, id) });
    await forget(context);
  }
}

const childName = (parent: GuestRecord, { name, count }: BranchInput, i: number): string => {
  const base = name ?? `${parent.name.slice(0, 50)}-${newId("").slice(0, 4)}`;
  return count === 1 || name === undefined ? base : `${base}-${i + 1}`;
};
