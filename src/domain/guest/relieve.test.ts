import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { systemClock } from "#base/clock";
import { silentLog } from "#base/log";
import { processRef } from "#base/process";
import { MemoryStore } from "#durable/store/memory";
import { EventLog } from "../host/events.ts";
import { defaultPressure } from "../host/pressure.ts";
import { guestKey } from "./record.ts";
import { relieve } from "./relieve.ts";

const total = 8 * 1024 ** 3;
const { low, high } = defaultPressure(total);

describe("when the host runs out of memory", () => {
  let folder: string;
  let store: MemoryStore;
  let available: number;
  /** Bytes that templates hold for nobody. */
  let idle: number;
  let asked: number[];
  let suspended: string[];
  /** Bytes that the guest's balloon brings. */
  let spare: number;
  let squeezes: string[];
  let relaxed: number;
  let stubborn: Set<string>;
  let idleFor: Record<string, number>;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "lodge-relieve-"));
    store = new MemoryStore();
    [asked, suspended, squeezes, spare, relaxed] = [[], [], [], 0, 0];
    [stubborn, idleFor] = [new Set(), {}];
    // This very process is what the guest runs in: it holds memory.
    const runsIn = { ...processRef(process.pid)!, accelerator: "tcg", ram: { kind: "own" } };
    const guest = { id: "g1", name: "web", state: "running", labels: {}, memory: 1, process: runsIn };
    await store.transact({
      put: [{ key: guestKey("g1"), value: { ...guest, origin: { how: "boot" } } }],
    });
  });
  afterEach(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });

  /** Another guest like the first. */
  async function another(id: string): Promise<void> {
    const first = (await store.get(guestKey("g1")))!.value as object;
    await store.transact({ put: [{ key: guestKey(id), value: { ...first, id, name: id } }] });
  }

  const look = () =>
    relieve({
      fleet: { parts: { store, events: new EventLog(join(folder, "events"), systemClock) } },
      memory: async () => ({ total, available }),
      folder,
      idle: (guest) => idleFor[guest] ?? 0,
      suspend: async (guest) => {
        suspended.push(guest);
        if (stubborn.has(guest)) throw new TypeError("it is busy");
      },
      release: async (bytes) => {
        asked.push(bytes);
        const freed = Math.min(bytes, idle);
        available += freed;
        return freed;
      },
      balloons: {
        squeeze: async ({ id }) => (squeezes.push(id), spare),
        relax: async () => void relaxed++,
      },
      log: silentLog,
    });

  it("nothing is touched while there is enough", async () => {
    [available, idle] = [low, total];
    await look();
    assert.deepEqual([asked, suspended], [[], []]);
  });

  it("what nobody uses goes first, and then guests are left alone", async () => {
    [available, idle] = [low - 1, total];
    await look();
    assert.deepEqual([asked, suspended], [[high - (low - 1)], []]);
  });

  it("guests are suspended where that is not enough", async () => {
    [available, idle] = [low / 2, low / 4];
    await look();
    assert.deepEqual([asked.length, squeezes, suspended], [1, ["g1"], ["g1"]]);
  });

  it("guests that do nothing go before those that work", async () => {
    await another("g2");
    [available, idle, idleFor] = [low - 1, 0, { g2: 60_000 }];
    await look();
    assert.equal(suspended[0], "g2");
  });

  it("a guest that cannot be suspended is no way out for the others", async () => {
    await another("g2");
    [available, idle, stubborn, idleFor] = [low / 2, 0, new Set(["g1"]), { g1: 60_000 }];
    await look();
    assert.deepEqual(suspended, ["g1", "g2"]);
  });

  it("balloons come before that, and are waited for while that is no danger", async () => {
    [available, idle, spare] = [low * 0.75, 0, low];
    await look();
    assert.deepEqual([squeezes, suspended], [["g1"], []]);
    available = low / 4;
    await look();
    assert.deepEqual(suspended, ["g1"]);
  });

  it("balloons are given back when there is plenty, and not before", async () => {
    available = high;
    await look();
    assert.equal(relaxed, 0);
    available = 2 * high;
    await look();
    assert.equal(relaxed, 1);
  });
});
