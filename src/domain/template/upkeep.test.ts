import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { silentLog } from "#base/log";
import { LodgeError } from "#contract/errors";
import { MemoryStore } from "#durable/store/memory";
import { TemplateWorld } from "../../../test/fakes/template-world.ts";
import { guestKey, guestPrefix } from "../guest/record.ts";
import type { TemplateRecord } from "./record.ts";
import type { Stock } from "./stock.ts";
import { Upkeep } from "./upkeep.ts";

const day = 24 * 3600 * 1000;
const now = Date.parse("2026-03-01T00:00:00Z");
const ago = (days: number): string => new Date(now - days * day).toISOString();

describe("the upkeep of templates", () => {
  let world: TemplateWorld;
  let upkeep: Upkeep;
  let stock: Stock;
  let qemu: string;
  let image: string;
  let stopping: boolean;
  /** Templates for which another was to be parked, and what ends that. */
  let successors: [string, () => void][];

  beforeEach(async () => {
    world = await TemplateWorld.make(new MemoryStore());
    qemu = "7.2";
    image = "debian-13";
    successors = [];
    stopping = false;
    stock = world.stock();
    upkeep = makeUpkeep();
  });

  const makeUpkeep = () =>
    new Upkeep({
      store: world.store,
      stock,
      clock: { now: () => now, monotonic: () => now, sleep: async () => undefined },
      log: silentLog,
      surroundings: async () => ({
        qemu,
        layout: 2,
        nic: "user",
        accelerator: "tcg",
        images: new Map([["i0", { id: "i0", name: image }]]),
      }),
      succeed: async ({ id }: TemplateRecord) => {
        if (stopping) throw new LodgeError("api.stopping");
        const { promise, resolve } = Promise.withResolvers<never>();
        successors.push([id, () => resolve(undefined as never)]);
        return { operation: undefined as never, completion: promise };
      },
    });
  afterEach(async () => {
    await upkeep.close();
    await world.dispose();
  });

  /** Passes and what follows from them, until there is nothing more to do. */
  const settled = async (done: () => Promise<boolean>) => {
    while (!(await done())) await turn();
  };
  const isGone = (id: string) => async () => (await world.template(id)) === undefined;
  const state = async (id: string) => (await world.template(id))?.state;

  it("leaves alone what is as good as new", async () => {
    await world.park("ta");
    await upkeep.start();
    assert.equal(await state("ta"), "parked");
    assert.deepEqual(successors, []);
  });

  it("reads all guests once where nothing is stale, and never where there is no template", async () => {
    let read = 0;
    const list = world.store.list.bind(world.store);
    world.store.list = (prefix, options) => {
      if (prefix === guestPrefix) read++;
      return list(prefix, options);
    };
    await upkeep.start();
    assert.equal(read, 0);
    await world.park("ta");
    await upkeep.pass();
    assert.equal(read, 1);
  });

  it("removes one of another QEMU, and has another parked if its shape was in use", async () => {
    await world.park("ta", 1, { usedAt: ago(6) });
    await world.park("tb", 1, { usedAt: ago(8) });
    qemu = "8.0";
    await upkeep.start();
    await settled(async () => successors.length > 0);
    assert.deepEqual(await world.files(), ["lta.qcow2"]);
    assert.deepEqual([await state("ta"), await state("tb")], ["stale", undefined]);
    successors[0]![1]();
    await settled(isGone("ta"));
    await settled(async () => (await world.files()).length === 0);
    assert.deepEqual(
      successors.map(([id]) => id),
      ["ta"],
    );
  });

  it("counts a guest that forked lately, and one that is there, as use", async () => {
    await world.park("ta", 1, { usedAt: ago(80) });
    await world.park("tb", 1, { usedAt: ago(80) });
    await world.park("tc", 1, { usedAt: ago(80), image: "i9" });
    await world.fork("ta", "g1", ago(80));
    await world.become("g1", { state: "stopped" });
    await world.fork("tb", "g2", ago(1));
    await world.store.transact({ delete: [guestKey("g2")] });
    image = "i0";
    await upkeep.start();
    await settled(async () => successors.length > 0);
    successors[0]![1]();
    await settled(async () => successors.length > 1);
    assert.deepEqual(successors.map(([id]) => id).toSorted(), ["ta", "tb"]);
    assert.equal((await world.template("ta"))!.reason, "its image was rebuilt");
    assert.equal(await world.template("tc"), undefined);
  });

  it("parks successors one after another", async () => {
    await world.park("ta", 1, { usedAt: ago(1) });
    await world.park("tb", 1, { usedAt: ago(1) });
    qemu = "8.0";
    await upkeep.start();
    await settled(async () => successors.length > 0);
    assert.equal(successors[0]![0], "ta");
    successors[0]![1]();
    await settled(isGone("ta"));
    await settled(async () => successors.length > 1);
    assert.equal(await state("tb"), "stale");
    successors[1]![1]();
    await settled(isGone("tb"));
  });

  it("removes a stale one as soon as its last guest is gone", async () => {
    await world.park("ta", 1, { usedAt: ago(80) });
    await world.fork("ta", "g1", ago(80));
    await world.become("g1", { state: "stopped" });
    qemu = "8.0";
    await upkeep.start();
    assert.equal(await state("ta"), "stale");
    await settled(async () => successors.length > 0);
    successors[0]![1]();
    await settled(async () => (await world.template("ta"))!.succeed === undefined);
    await world.store.transact({ delete: [guestKey("g1")] });
    await settled(isGone("ta"));
  });

  it("evicts one too many as soon as the guest that mapped it has ended", async () => {
    await world.park("ta");
    await world.fork("ta", "g1");
    const ram = { kind: "template", template: "ta" } as const;
    await world.become("g1", {
      state: "running",
      process: { pid: 1, startTime: "", accelerator: "tcg", ram },
    });
    await upkeep.start();
    world.budget = { memory: 0, disk: world.budget.disk };
    await stock.enforce();
    assert.equal(await state("ta"), "parked");
    await world.become("g1", { state: "stopped", process: undefined as never });
    await settled(async () => (await state("ta")) === "evicted");
  });

  it("keeps the newest of two of one shape", async () => {
    await world.park("ta", 1, { createdAt: ago(2) });
    await world.park("tb", 1, { createdAt: ago(1) });
    await world.park("tc", 1, { createdAt: ago(3), cpus: 2 });
    await upkeep.start();
    assert.deepEqual(await Promise.all(["ta", "tb", "tc"].map(state)), [undefined, "parked", "parked"]);
    assert.deepEqual(successors, []);
  });

  it("takes up again a successor that the daemon's end cut short", async () => {
    await world.park("ta", 1, { usedAt: ago(1) });
    qemu = "8.0";
    await upkeep.start();
    await settled(async () => successors.length > 0);
    await upkeep.close();
    const later = makeUpkeep();
    await later.start();
    await settled(async () => successors.length > 1);
    assert.deepEqual(
      successors.map(([id]) => id),
      ["ta", "ta"],
    );
    await later.close();
  });

  it("leaves a successor to the next daemon where everything ends", async () => {
    await world.park("ta", 1, { usedAt: ago(1) });
    qemu = "8.0";
    stopping = true;
    await upkeep.start();
    await upkeep.pass();
    await upkeep.close();
    assert.equal((await world.template("ta"))!.succeed, true);
    stopping = false;
    const later = makeUpkeep();
    await later.start();
    await settled(async () => successors.length > 0);
    await later.close();
  });

  it("does nothing more once it is closed", async () => {
    await world.park("ta");
    await upkeep.start();
    await upkeep.close();
    qemu = "8.0";
    await upkeep.pass();
    assert.equal(await state("ta"), "parked");
  });
});
