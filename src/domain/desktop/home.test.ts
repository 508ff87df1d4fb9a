import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { hasCode } from "#contract/errors";
import { HostStore } from "#durable/store/host-store";
import { MemoryStore } from "#durable/store/memory";
import { placeOf } from "#durable/store/partition";
import type { Store } from "#durable/store/store";
import { guestKey } from "../guest/record.ts";
import { memberKey } from "../member/record.ts";
import { layerKey } from "../volume/layer.ts";
import { poolKey } from "../volume/pool.ts";
import { volumeKey, type VolumeRecord } from "../volume/record.ts";
import { findHomeVolume, homeItem, hostWithHome, letGoOfHome, takeHome, type HomeOwner } from "./home.ts";

const ada: HomeOwner = { pool: "dp0123456789", user: "u0123456789", userName: "ada" };
const at = "2026-01-02T03:04:05.000Z";

const volumeOf = (id: string, place: VolumeRecord["place"]): VolumeRecord => ({
  id,
  name: "home",
  project: "default",
  description: "",
  format: "qcow2",
  size: 1,
  home: ada,
  place,
  createdAt: at,
});

const held = (error: unknown) => hasCode(error, "desktop.home_held");

describe("a home", () => {
  it("is known before its volume is, and held by one desktop", async () => {
    const store = new MemoryStore();
    await store.transact({ put: [{ key: guestKey("g1"), value: {} }] });
    const { value } = await takeHome(store, ada, { desktop: "dt1", guest: "g1" }, at);
    assert.equal((await takeHome(store, ada, { desktop: "dt1", guest: "g1" }, "later")).value.generation, 1);
    await assert.rejects(takeHome(store, ada, { desktop: "dt2", guest: "g2" }, at), held);
    await assert.rejects(letGoOfHome(store, ada, "dt1"), held);
    // Another one's is not let go of.
    await letGoOfHome(store, ada, "dt2");
    await store.transact({ delete: [guestKey("g1")] });
    const next = await takeHome(store, ada, { desktop: "dt2", guest: "g2" }, at);
    assert.deepEqual([next.value.volume, next.value.generation], [value.volume, 2]);
  });

  it("stays with a guest that is on another host, and with a volume that is still in a guest", async () => {
    const store = new MemoryStore();
    await store.transact({
      put: ["h1", "h2"].map((id) => ({ key: memberKey(id), value: { id, name: id, joinedAt: 0 } })),
    });
    const { value } = await takeHome(store, ada, { desktop: "dt1", guest: "g1" }, at);
    const place = { kind: "guest", guest: "g1", disk: "disk1" } as const;
    await store.transact({
      put: [
        { key: placeOf("h2", guestKey("g1")), value: {} },
        { key: placeOf("h2", volumeKey(value.volume)), value: volumeOf(value.volume, place) },
      ],
    });
    await assert.rejects(letGoOfHome(store, ada, "dt1"), held);
    await store.transact({ delete: [placeOf("h2", guestKey("g1"))] });
    await assert.rejects(letGoOfHome(store, ada, "dt1"), held);
  });
});

describe("the host that a home lies with", () => {
  it("is the one that it would have to be copied from", async () => {
    const store = new MemoryStore();
    assert.equal(await hostWithHome(store, ada), undefined);
    await store.transact({
      put: ["h1", "h2"].map((id) => ({ key: memberKey(id), value: { id, name: id, joinedAt: 0 } })),
    });
    const { value } = await takeHome(store, ada, { desktop: "dt1", guest: "g1" }, at);
    assert.equal(await hostWithHome(store, ada), undefined);
    const rest = { kind: "rest", layer: "l1" } as const;
    const layer = { id: "l1", path: "", format: "qcow2", createdAt: at };
    await store.transact({
      put: [
        { key: placeOf("h2", volumeKey(value.volume)), value: volumeOf(value.volume, rest) },
        { key: placeOf("h2", layerKey("l1")), value: layer },
        { key: placeOf("h2", poolKey("team")), value: { name: "team", kind: "shared" } },
      ],
    });
    assert.deepEqual(await hostWithHome(store, ada), { host: "h2", stays: false });
    const write = (more: object) =>
      store.transact({
        put: [{ key: placeOf("h2", layerKey("l1")), value: { ...layer, ...more } }],
      });
    await write({ below: "l0" });
    assert.deepEqual(await hostWithHome(store, ada), { host: "h2", stays: true });
    await write({ device: true, pool: "team" });
    assert.deepEqual(await hostWithHome(store, ada), { host: "h2", stays: true });
    await write({ pool: "team" });
    assert.equal(await hostWithHome(store, ada), undefined);
  });
});

/**
 * Two hosts over one store. Each has desktops of the same person come and go: his home is taken, comes to the host, is plugged
 * into the guest, written to, and the guest is removed; a daemon is killed at any of these. Every call of the store's waits for
 * its turn, in an order that is tried anew each time.
 */
class World {
  readonly store: Store;
  readonly plain = new MemoryStore();
  /** Guests whose QEMU has the volume open. */
  readonly open = new Set<string>();
  most = 0;
  /** What was written, in its order; and what is on the disk. */
  readonly said: number[] = [];
  disk: readonly number[] = [];
  ended = 0;

  constructor(scheduler: fc.Scheduler) {
    const inTurn = <A extends unknown[], R>(call: (...asked: A) => Promise<R>) =>
      scheduler.scheduleFunction(call);
    const { plain } = this;
    this.store = Object.create(plain, {
      get: { value: inTurn((key: string) => plain.get(key)) },
      list: { value: inTurn((prefix: string) => plain.list(prefix)) },
      transact: { value: inTurn((changes: Parameters<Store["transact"]>[0]) => plain.transact(changes)) },
    }) as Store;
  }

  plug(guest: string): void {
    this.open.add(guest);
    this.most = Math.max(this.most, this.open.size);
  }

  write(guest: string, seen: readonly number[]): void {
    assert.ok(this.open.has(guest));
    // Whoever has it sees all that was written before.
    assert.deepEqual(seen, this.said);
    this.said.push(this.said.length);
    this.disk = [...seen, this.said.length - 1];
  }
}

/** One desktop, from its guest's beginning to its end. `killed`: the daemon is, after so many steps of it. */
async function desktop(world: World, host: string, number: number, killed: number): Promise<void> {
  const { store: whole } = world;
  const store = new HostStore({ store: whole, host });
  const [guest, id] = [`g${host}x${number}`, `dt${host}x${number}`];
  await store.transact({ put: [{ key: guestKey(guest), value: { id: guest } }] });
  const steps = [
    () => takeHome(store, ada, { desktop: id, guest }, at),
    () => make(store, guest),
    () => bring(store, host, guest),
    () => attach(world, store, guest),
  ];
  try {
    for (const step of steps.slice(0, killed)) await step();
    if (world.open.has(guest)) world.write(guest, world.disk);
  } catch (error) {
    if (!hasCode(error, "desktop.home_held", "store.conflict")) throw error;
  }
  await destroy(world, store, guest);
  try {
    await letGoOfHome(store, ada, id);
  } catch (error) {
    if (!held(error)) throw error;
  }
  world.ended++;
}

async function mine(store: Store, guest: string) {
  const home = (await homeItem(store, ada))!;
  if (home.value.holder?.guest !== guest) throw new TypeError("it is not held");
  return home;
}

async function make(store: Store, guest: string): Promise<void> {
  const { volume } = (await mine(store, guest)).value;
  if (await findHomeVolume(store, volume)) return;
  const value = volumeOf(volume, { kind: "rest", layer: "l1" });
  await store.transact({ put: [{ key: volumeKey(volume), value }] });
}

/** As home-bring.ts does it. */
async function bring(store: Store, host: string, guest: string): Promise<void> {
  const home = await mine(store, guest);
  const volume = (await findHomeVolume(store, home.value.volume))!;
  if (volume.key === placeOf(host, volumeKey(home.value.volume))) return;
  if (volume.value.place.kind !== "rest") throw new TypeError("it is in a guest");
  await store.transact({
    compare: [home, volume].map(({ key, revision }) => ({ key, revision })),
    put: [{ key: volumeKey(home.value.volume), value: volume.value }],
    delete: [volume.key],
  });
}

/** As guest/volume/attach.ts does it, which locks the guest: QEMU has it before the store says so. */
async function attach(world: World, store: Store, guest: string): Promise<void> {
  const { volume } = (await homeItem(store, ada))!.value;
  const item = await store.get(volumeKey(volume));
  const own = await store.get(guestKey(guest));
  if (!item || !own) return;
  const value = item.value as VolumeRecord;
  if (value.place.kind !== "rest") return;
  world.plug(guest);
  const place = { kind: "guest", guest, disk: "disk1" } as const;
  await store.transact({
    put: [
      { key: volumeKey(volume), value: { ...value, place } },
      { key: guestKey(guest), value: { id: guest, volume } },
    ],
  });
}

/** As guest/destroy.ts does it: first its QEMU, then its record, and with that the volume is at rest. */
async function destroy(world: World, store: Store, guest: string): Promise<void> {
  world.open.delete(guest);
  const item = await store.get(guestKey(guest));
  const { volume } = (item?.value ?? {}) as { readonly volume?: string };
  const there = volume === undefined ? undefined : await store.get(volumeKey(volume));
  const rest = there && { ...(there.value as VolumeRecord), place: { kind: "rest", layer: "l1" } as const };
  await store.transact({
    put: rest ? [{ key: volumeKey(volume!), value: rest }] : [],
    delete: [guestKey(guest)],
  });
}

describe("two hosts that race for a home", () => {
  it("never have it in two guests, and whoever has it sees all that was written", () =>
    fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.record({ host: fc.constantFrom("h1", "h2"), killed: fc.integer({ min: 1, max: 4 }) }), {
          minLength: 2,
          maxLength: 6,
        }),
        async (scheduler, lives) => {
          const world = new World(scheduler);
          await world.plain.transact({
            put: ["h1", "h2"].map((id) => ({ key: memberKey(id), value: { id, name: id, joinedAt: 0 } })),
          });
          const all = Promise.all(lives.map(({ host, killed }, at) => desktop(world, host, at, killed)));
          await scheduler.waitFor(all);
          assert.equal(world.ended, lives.length);
          assert.ok(world.most <= 1, `${world.most} guests had it`);
          assert.deepEqual(world.disk, world.said);
        },
      ),
      { numRuns: 300 },
    ));
});
