/**
 * Do the operations on snapshots stand failing, being cancelled and being killed in each of their steps? As
 * operations.test.ts: the domain as it is, over a fake QEMU; disks are real.
 */
import assert from "node:assert/strict";
import { access, readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { systemClock } from "#base/clock";
import { exec } from "#base/exec";
import type { AnyOperation } from "#durable/operation/define";
import { type OperationWorld, operationConformance } from "#durable/operation/conformance";
import type { Store } from "#durable/store/store";
import type { Fleet } from "#domain/guest/fleet";
import { guestById, guestTarget, listGuests, writtenLayers } from "#domain/guest/record";
import { guestPlace } from "#domain/guest/place";
import { defineForkSnapshot } from "#domain/guest/snapshot/fork";
import { heldLayers, listSnapshots, snapshotsOf } from "#domain/guest/snapshot/record";
import { defineRemoveSnapshots } from "#domain/guest/snapshot/remove";
import { defineRestore } from "#domain/guest/snapshot/restore";
import { defineTake } from "#domain/guest/snapshot/take";
import { layerById, layerPrefix, reachable, type Layer } from "#domain/volume/layer";
import { id, World } from "./faked-guest.ts";

type GuestState = Parameters<World["furnish"]>[0];

const rootsOf = (store: Store) => async () => [
  ...(await listGuests(store)).flatMap((one) => Object.values(writtenLayers(one))),
  ...(await listSnapshots(store)).flatMap((one) => Object.values(heldLayers(one))),
];

const take = (fleet: Fleet, { store }: World) => defineTake({ fleet, layerRoots: rootsOf(store) });
const taking = { guest: id, name: "taken", description: "", freeze: "never" } as const;

/** Everything but how many empty layers a guest that runs stands on: those, a failure may leave one more of. */
async function soundness(world: World): Promise<unknown> {
  const { store } = world;
  const written = await world.written();
  const [guest] = await listGuests(store);
  const layers = (await store.list(layerPrefix)).items.map(({ value }) => value as Layer);
  if (!guest) return { guests: 0, layers: layers.length };
  const top = await layerById(store, guest.disks[0]!.layer);
  if (written !== undefined) assert.equal(top.path, written, "the record says what QEMU says");
  const files = await readdir(dirname(top.path));
  assert.deepEqual(files.toSorted(), layers.map(({ path }) => path.split("/").at(-1)).toSorted());
  assert.deepEqual(new Set(layers.map((one) => one.id)), reachable(layers, await rootsOf(store)()));
  const snapshots = await snapshotsOf(store, id);
  const { folder, snapshots: beside } = guestPlace({ guests: join(world.folder, "guests"), run: "" }, id);
  const saved = await readdir(beside).catch(() => []);
  return {
    state: guest.state,
    suspended: await stat(join(folder, "suspended.state")).then(
      () => true,
      () => false,
    ),
    stands: guest.snapshot,
    snapshots: snapshots.map(({ name, parent }) => [name, parent]),
    saved: saved.length,
  };
}

interface Case {
  readonly state: GuestState;
  /** Takes snapshots before, by operations that succeed. */
  readonly before?: (world: World) => Promise<void>;
  readonly input: object;
  readonly make: (fleet: Fleet, world: World) => unknown;
  readonly done: (world: World) => Promise<void>;
}

function conform(name: string, { state, before, input, make, done }: Case): void {
  operationConformance(name, async (store): Promise<OperationWorld> => {
    const world = await World.make(store, false);
    await world.furnish(state);
    await before?.(world);
    const observe = () => (state === "running" || state === "paused" ? soundness(world) : world.observe());
    return {
      define: () => world.define(make as (fleet: Fleet, world: World) => AnyOperation),
      input,
      targets: [guestTarget(id)],
      observe,
      async assertDone() {
        await soundness(world);
        await done(world);
      },
      dispose: () => world.dispose(),
    };
  });
}

const one = async ({ store }: World) => {
  const [snapshot, ...others] = await snapshotsOf(store, id);
  assert.equal(others.length, 0);
  assert.equal((await guestById(store, id)).snapshot, snapshot!.id);
  return snapshot!;
};

for (const state of ["stopped", "running", "paused"] as const)
  conform(`taking a snapshot of a ${state} guest`, {
    state,
    input: { ...taking, memory: false },
    make: take,
    async done(world) {
      const snapshot = await one(world);
      assert.equal(snapshot.consistency, state === "stopped" ? "rest" : "crash");
      assert.equal((await guestById(world.store, id)).state, state);
    },
  });

for (const state of ["running", "paused", "suspended"] as const)
  conform(`taking a snapshot with memory of a ${state} guest`, {
    state,
    input: { ...taking, memory: true },
    make: take,
    async done(world) {
      const snapshot = await one(world);
      await access(snapshot.memoryFile!);
      assert.deepEqual([snapshot.kind, snapshot.paused], ["memory", state === "paused" ? true : undefined]);
      assert.equal((await guestById(world.store, id)).state, state);
    },
  });

/** A snapshot made without an operation: of the guest as it is, which stands on it from then on. */
async function taken(world: World, memory: boolean): Promise<void> {
  const context = { input: { ...taking, memory }, operationId: "o", signal: new AbortController().signal };
  const state: Record<string, unknown> = {};
  const definition = world.define((fleet) => take(fleet, world) as AnyOperation);
  for (const { do: step } of definition.steps) {
    const given = {
      ...context,
      state,
      progress: () => undefined,
      save: async (patch: object) => void Object.assign(state, patch),
      commit: async (changes = {}) => void (await world.store.transact(changes)),
    };
    Object.assign(state, await step(given as never));
  }
}

const restore = (fleet: Fleet, world: World) =>
  defineRestore({
    fleet,
    take: take(fleet, world),
    layerRoots: rootsOf(world.store),
    imagePath: async (image) => image,
    start: async () => "o0",
  });

const restoring = { guest: id, snapshot: "taken", force: true, memory: true, start: true };

for (const state of ["stopped", "running", "suspended"] as const)
  conform(`restoring a ${state} guest`, {
    state,
    before: (world) => taken(world, false),
    input: restoring,
    make: restore,
    async done(world) {
      const { stands } = (await soundness(world)) as { stands: string };
      assert.equal(stands, (await one(world)).id);
      assert.equal((await guestById(world.store, id)).state, "stopped");
      assert.equal(await world.written(), undefined);
    },
  });

for (const state of ["running", "suspended"] as const)
  conform(`restoring a ${state} guest with memory`, {
    state,
    before: (world) => taken(world, true),
    input: restoring,
    make: restore,
    async done(world) {
      const guest = await guestById(world.store, id);
      assert.equal(guest.state, "suspended");
      await Promise.all([access(guest.suspendFile!), access((await one(world)).memoryFile!)]);
    },
  });

const remove = (fleet: Fleet, { store }: World) => {
  const definition = defineRemoveSnapshots({ fleet, layerRoots: rootsOf(store) });
  const [decide, ...others] = definition.steps;
  // Its id is made anew in each world.
  const named: typeof decide = {
    ...decide!,
    do: async (context) => {
      const snapshots = (await snapshotsOf(store, id)).map((each) => each.id);
      return decide!.do({ ...context, input: { guest: id, snapshots } });
    },
  };
  return { ...definition, steps: [named, ...others] };
};

for (const state of ["stopped", "running", "suspended"] as const)
  conform(`removing a snapshot of a ${state} guest`, {
    state,
    before: (world) => taken(world, state !== "stopped"),
    input: { guest: id, snapshots: [] },
    make: remove,
    async done(world) {
      assert.deepEqual(await snapshotsOf(world.store, id), []);
      const { snapshot, disks } = await guestById(world.store, id);
      assert.equal(snapshot, undefined);
      const { path } = await layerById(world.store, disks[0]!.layer);
      await exec("qemu-img", ["check", "-q", "-U", "-f", "qcow2", path]);
    },
  });

const child = "g1111111111";
const fork = (fleet: Fleet, { store, key }: World) =>
  defineForkSnapshot({
    fleet,
    key,
    clock: systemClock,
    layerRoots: rootsOf(store),
    imagePath: async (image) => image,
    mediumPath: async (image) => image,
    requireMemory: async () => undefined,
  });

for (const memory of [false, true])
  operationConformance(`forking a snapshot ${memory ? "with memory" : "of disks"}`, async (store) => {
    const world = await World.make(store, false);
    await world.furnish(memory ? "suspended" : "stopped");
    await taken(world, memory);
    return {
      define: () => world.define((fleet) => fork(fleet, world) as AnyOperation),
      input: { guest: id, snapshot: "taken", child, name: "child", memory, allowTpm: false },
      targets: [guestTarget(child)],
      observe: () => world.observe(),
      async assertDone() {
        const made = await guestById(store, child);
        assert.deepEqual([made.state, made.name, made.snapshot], ["running", "child", undefined]);
        assert.notEqual(made.vmgenid, (await guestById(store, id)).vmgenid);
        const snapshot = await one(world);
        const { below } = await layerById(store, made.disks[0]!.layer);
        assert.equal(below, snapshot.machine.disks[0]!.layer);
      },
      dispose: () => world.dispose(),
    };
  });
