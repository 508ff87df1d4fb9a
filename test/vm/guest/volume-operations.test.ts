/**
 * Does every operation on volumes stand failing, being cancelled and being killed in each of its steps? Over a fake
 * QEMU; files and pools are real. (What becomes of a real guest's data: test/vm/disk/volumes.test.ts.)
 */
import assert from "node:assert/strict";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { systemClock } from "#base/clock";
import { silentLog } from "#base/log";
import { endProcess } from "#base/process";
import { type AnyOperation, OperationRegistry } from "#durable/operation/define";
import { OperationEngine } from "#durable/operation/engine";
import { MemoryStore } from "#durable/store/memory";
import { operationConformance, type OperationWorld } from "#durable/operation/conformance";
import { layerRoots } from "../../../src/daemon/image-guests.ts";
import type { Fleet } from "#domain/guest/fleet";
import { guestById, guestTarget } from "#domain/guest/record";
import { defineAttach } from "#domain/guest/volume/attach";
import { defineDetach } from "#domain/guest/volume/detach";
import { defineFreezeDisk } from "#domain/guest/volume/freeze-disk";
import { defineMakeVolume } from "#domain/guest/volume/make";
import { defineMove } from "#domain/guest/volume/move";
import { occupants } from "#domain/guest/volume/occupants";
import { layerById, layerKey, layerPath, makeLayer } from "#domain/volume/layer";
import { findPool, placed, poolKey, promise, type PoolRecord } from "#domain/volume/pool";
import { volumeById, volumeKey, volumeNameKey, volumeTarget, type VolumeRecord } from "#domain/volume/record";
import { storedAt } from "#domain/volume/stored";
import { id, layer as own, MiB, World } from "./faked-guest.ts";

const volume = "v0123456789";
const layer = "l000000000v";

/** A world with a pool beside the home; `at`: with a volume there, at rest or attached. */
async function furnished(
  store: Parameters<typeof World.make>[0],
  state: "running" | "stopped",
  at?: "rest" | "guest",
): Promise<{ world: World; pool: PoolRecord; layers: string }> {
  const world = await World.make(store, false);
  await world.furnish(state);
  const target = join(world.folder, "other");
  await mkdir(join(target, "lodge"), { recursive: true });
  const pool: PoolRecord = { name: "other", kind: "directory", target, description: "", quota: 16 * MiB };
  await store.transact({ put: [{ key: poolKey("other"), value: pool }] });
  const layers = join(world.folder, "layers");
  if (at === undefined) return { world, pool, layers };
  const path = layerPath(layers, layer);
  const { place, of } = placed(pool, layer, "qcow2");
  await makeLayer({ kind: "blank", path, format: "qcow2", size: MiB, ...place });
  await store.transact({
    put: [
      { key: layerKey(layer), value: { id: layer, path, format: "qcow2", createdAt: "", ...of } },
      { key: volumeKey(volume), value: record({ kind: "rest", layer }) },
      { key: volumeNameKey("default", "data"), value: volume },
    ],
  });
  if (at === "guest") await world.plugVolume(volume, layer);
  return { world, pool, layers };
}

const record = (place: VolumeRecord["place"]): VolumeRecord => ({
  id: volume,
  name: "data",
  project: "default",
  description: "",
  format: "qcow2",
  size: MiB,
  createdAt: "",
  place,
});

const all = async ({ world, pool }: Awaited<ReturnType<typeof furnished>>): Promise<object> => ({
  ...((await world.observe()) as object),
  pool: await readdir(join(pool.target, "lodge")),
  plugged: await world.pluggedFiles(),
});

/** Its record and name appear before it, with the operation's own. */
const butVolumes = async (found: Awaited<ReturnType<typeof furnished>>): Promise<object> => {
  const { records, ...rest } = (await all(found)) as { readonly records: readonly [string, unknown][] };
  return { ...rest, records: records.filter(([key]) => !key.startsWith("volume")) };
};

/** Where it fails once the disk is frozen, its guest goes on in one more layer, which is empty. */
async function asQemuSays({ world }: Awaited<ReturnType<typeof furnished>>): Promise<object> {
  await world.observe();
  const { disks, state } = await guestById(world.store, id);
  const { path, below } = await layerById(world.store, disks[0]!.layer);
  const written = await world.written();
  const bottom = below ?? disks[0]!.layer;
  return { state, bottom, agrees: written === undefined || written === path };
}

function operation(
  name: string,
  world: (store: Parameters<typeof World.make>[0]) => ReturnType<typeof furnished>,
  make: (fleet: Fleet, roots: () => Promise<string[]>) => unknown,
  input: (found: Awaited<ReturnType<typeof furnished>>) => unknown,
  done: (found: Awaited<ReturnType<typeof furnished>>) => Promise<void>,
  observe: (found: Awaited<ReturnType<typeof furnished>>) => Promise<unknown> = all,
): void {
  operationConformance(name, async (store): Promise<OperationWorld> => {
    const found = await world(store);
    return {
      define: () => found.world.define((fleet) => make(fleet, () => layerRoots(store)) as AnyOperation),
      input: input(found),
      targets: [guestTarget(id), volumeTarget(volume)],
      observe: () => observe(found),
      assertDone: () => done(found),
      dispose: () => found.world.dispose(),
    };
  });
}

const promises = (fleet: Fleet) => (pool: string, bytes: number) => {
  const { store, places } = fleet.parts;
  const sum = async () => (await occupants(store)).reduce((total, { size }) => total + size, 0);
  return promise(store, places.layers, pool, bytes, sum);
};

operation(
  "making a volume in a pool",
  async (store) => {
    const found = await furnished(store, "stopped");
    const value = record({ kind: "making", layer, pool: "other" });
    await store.transact({
      put: [
        { key: volumeKey(volume), value },
        { key: volumeNameKey("default", "data"), value: volume },
      ],
    });
    return found;
  },
  (fleet, roots) => defineMakeVolume({ fleet, layerRoots: roots }),
  ({ pool, layers }) => {
    const path = layerPath(layers, layer);
    const { place, of } = placed(pool, layer, "qcow2");
    return {
      volume,
      layer: { id: layer, path, format: "qcow2", createdAt: "", ...of },
      source: { kind: "blank", path, format: "qcow2", size: MiB, ...place },
    };
  },
  async ({ world, pool }) => {
    assert.deepEqual((await volumeById(world.store, volume)).place, { kind: "rest", layer });
    assert.deepEqual(await readdir(join(pool.target, "lodge")), [`${layer}.qcow2`]);
  },
  butVolumes,
);

for (const state of ["running", "stopped"] as const) {
  operation(
    `attaching a volume to a ${state} guest`,
    (store) => furnished(store, state, "rest"),
    (fleet) => defineAttach({ fleet }),
    () => ({ volume, guest: id, bus: "virtio-scsi" }),
    async ({ world }) => {
      const { disks } = await guestById(world.store, id);
      assert.deepEqual(disks[1], {
        id: "disk1",
        bus: "virtio-scsi",
        format: "qcow2",
        size: MiB,
        layer,
        volume,
      });
      assert.deepEqual((await volumeById(world.store, volume)).place, {
        kind: "guest",
        guest: id,
        disk: "disk1",
      });
    },
  );

  operation(
    `detaching a volume from a ${state} guest`,
    (store) => furnished(store, state, "guest"),
    (fleet) => defineDetach({ fleet }),
    () => ({ volume, guest: id, disk: "disk1", timeout: 0, force: true }),
    async ({ world }) => {
      assert.equal((await guestById(world.store, id)).disks.length, 1);
      assert.deepEqual((await volumeById(world.store, volume)).place, { kind: "rest", layer });
    },
  );

  operation(
    `moving a disk of a ${state} guest`,
    (store) => furnished(store, state),
    (fleet, roots) => defineMove({ fleet, layerRoots: roots, promise: promises(fleet) }),
    () => ({ of: { guest: id, disk: "disk0" }, name: "g:disk0", pool: "other" }),
    async ({ world, pool }) => {
      const { disks, state: now } = await guestById(world.store, id);
      assert.equal(now, state);
      const { path, id: moved } = await layerById(world.store, disks[0]!.layer);
      assert.equal(await storedAt(path), join(pool.target, "lodge", `${moved}.qcow2`));
      if (state === "running") assert.equal(await world.written(), path);
      assert.deepEqual(await readdir(join(world.folder, "layers")), [`${moved}.qcow2`]);
    },
  );

  operation(
    `freezing a disk of a ${state} guest`,
    (store) => furnished(store, state),
    (fleet, roots) => defineFreezeDisk({ fleet, layerRoots: roots }),
    () => ({ of: { guest: id, disk: "disk0" } }),
    async ({ world }) => {
      const { disks } = await guestById(world.store, id);
      const { path, below } = await layerById(world.store, disks[0]!.layer);
      assert.ok(below !== undefined);
      if (state === "running") assert.equal(await world.written(), path);
    },
    state === "running" ? asQemuSays : all,
  );
}

operation(
  "moving a volume that is in no guest",
  (store) => furnished(store, "stopped", "rest"),
  (fleet, roots) => defineMove({ fleet, layerRoots: roots, promise: promises(fleet) }),
  () => ({ of: { volume }, name: "data", pool: "default" }),
  async ({ world, pool, layers }) => {
    const { place } = await volumeById(world.store, volume);
    assert.equal(place.kind, "rest");
    const { path } = await layerById(world.store, (place as { layer: string }).layer);
    assert.equal(await storedAt(path), undefined);
    assert.deepEqual(await readdir(join(pool.target, "lodge")), []);
    assert.equal((await findPool(world.store, layers, "default")).target, layers);
  },
);

describe("moving a disk whose guest's QEMU ends", () => {
  for (const step of ["copy", "switch"])
    it(`before step ${step}: it stays where it was, since what QEMU has copied need not be in a file`, async () => {
      const store = new MemoryStore();
      const { world, pool } = await furnished(store, "running");
      const move = world.define((fleet) => {
        const roots = () => layerRoots(store);
        const { steps, ...rest } = defineMove({ fleet, layerRoots: roots, promise: promises(fleet) });
        const ending = steps.map((one) => ({
          ...one,
          async do(context: Parameters<typeof one.do>[0]) {
            if (one.name === step) {
              await endProcess(fleet.require(id).process, 0);
              await fleet.settled(id);
            }
            return one.do(context);
          },
        }));
        return { ...rest, steps: ending } as unknown as AnyOperation;
      });
      const registry = new OperationRegistry().add(move);
      const engine = new OperationEngine({
        store,
        registry,
        clock: systemClock,
        log: silentLog,
        pauses: [0],
      });
      await engine.recover();
      const input = { of: { guest: id, disk: "disk0" }, name: "g:disk0", pool: "other" };
      const { completion } = await engine.start(move, input, { targets: [guestTarget(id)] });
      assert.equal((await completion).error?.code, "host.qemu_gone");
      assert.equal((await guestById(store, id)).disks[0]!.layer, own);
      assert.deepEqual(await readdir(join(world.folder, "layers")), [`${own}.qcow2`]);
      assert.deepEqual(await readdir(join(pool.target, "lodge")), []);
      await world.dispose();
    });
});
