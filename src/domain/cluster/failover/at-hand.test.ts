import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { retry } from "#base/retry";
import { systemClock } from "#base/clock";
import { silentLog } from "#base/log";
import { HostStore } from "#durable/store/host-store";
import { MemoryStore } from "#durable/store/memory";
import { placeOf } from "#durable/store/partition";
import { guestRecord } from "../../../../test/fakes/guest-records.ts";
import { guestKey, type GuestRecord } from "../../guest/record.ts";
import { imageKey } from "../../image/record.ts";
import { layerKey } from "../../volume/layer.ts";
import { poolKey } from "../../volume/pool.ts";
import { AtHand } from "./at-hand.ts";

const image = "i0000000001";
let all: MemoryStore;
let brought: string[];
let reachable: boolean;
let atHand: AtHand;

const own = () => new HostStore({ store: all, host: "h2" });
const here = (key: string) => placeOf("h2", key);

/** A guest of h1's whose disk stands on the image, in this pool. */
const guest = (i: number, more: Partial<GuestRecord> = {}): GuestRecord => ({
  ...guestRecord(i),
  state: "running",
  ...more,
});
const put = (record: GuestRecord, pool: string) =>
  all.transact({
    put: [
      { key: placeOf("h1", guestKey(record.id)), value: record },
      ...record.disks.map(({ layer: id }) => ({
        key: placeOf("h1", layerKey(id)),
        value: { id, path: `/one/${id}`, format: "qcow2", pool, image, createdAt: "2026-01-01T00:00:00Z" },
      })),
    ],
  });
const eventually = (attempt: () => void) =>
  retry(async () => attempt(), { clock: systemClock, first: 5, longest: 50, timeout: 10_000 });

beforeEach(async () => {
  all = new MemoryStore();
  brought = [];
  reachable = true;
  await all.transact({
    put: [{ key: here(poolKey("team")), value: { name: "team", kind: "shared", path: "/team" } }],
  });
  atHand = new AtHand({
    all,
    own: own(),
    layers: "/two/layers",
    host: "h2",
    clock: { ...systemClock, sleep: (ms, signal) => systemClock.sleep(Math.min(ms, 20), signal) },
    log: silentLog,
    async bring(id) {
      brought.push(id);
      if (reachable)
        await all.transact({ put: [{ key: here(imageKey(id)), value: { image: { id }, state: "ready" } }] });
    },
  });
});
afterEach(() => atHand.close());

describe("what highly available guests of other hosts stand on", () => {
  it("is brought here where their pool is, also of one that becomes available later", async () => {
    await put(guest(1), "team");
    atHand.open();
    await put(guest(2), "team");
    assert.deepEqual(brought, []);
    await put(guest(1, { ha: { priority: 100 } }), "team");
    await eventually(() => assert.deepEqual(brought, [image]));
  });

  it("is not where that is on disks of their hosts alone, or on a replica", async () => {
    const ha = { priority: 100 };
    await put(guest(1, { ha }), "fast");
    await put(
      guest(2, {
        ha,
        replica: { to: "h3", host: "three", epoch: 1, state: "in-sync" } as GuestRecord["replica"] & object,
      }),
      "team",
    );
    await put(guest(3, { ha }), "team");
    atHand.open();
    await eventually(() => assert.deepEqual(brought, [image]));
  });

  it("is asked for again where nobody had it", async () => {
    reachable = false;
    await put(guest(1, { ha: { priority: 100 } }), "team");
    atHand.open();
    await eventually(() => assert.ok(brought.length >= 2));
    reachable = true;
    const { length } = brought;
    await eventually(() => assert.ok(brought.length > length));
    await put(guest(1, { ha: { priority: 50 } }), "team");
    await eventually(() => assert.equal(brought.length, length + 1));
  });
});
