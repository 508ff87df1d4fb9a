import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { LodgeError } from "#contract/errors";
import { systemClock } from "#base/clock";
import { silentLog } from "#base/log";
import { MemoryStore } from "#durable/store/memory";
import { BeatKeeper, leaseSeconds } from "./keep-beat.ts";
import { beatKey, memberKey, takeOverKey } from "./record.ts";

let store: MemoryStore;
let keeper: BeatKeeper;
let kept: [number, number][];
let onKept: (kept: [number, number]) => void;
let time: number;

/** Time goes by no clock here: each pause of the keeper ends at once. */
const clock = { ...systemClock, sleep: () => new Promise<void>((resolve) => setImmediate(resolve)) };
const untilKept = () =>
  new Promise<[number, number]>((resolve) => {
    onKept = resolve;
  });

beforeEach(async () => {
  store = new MemoryStore();
  kept = [];
  time = 1000;
  onKept = () => undefined;
  await store.transact({ put: [{ key: memberKey("h1"), value: { id: "h1" } }] });
  keeper = new BeatKeeper({
    store,
    host: "h1",
    startedAt: 1,
    clock,
    log: silentLog,
    time: () => time,
    async onKept(sentAt, lasts) {
      kept.push([sentAt, lasts]);
      onKept([sentAt, lasts]);
    },
  });
});
afterEach(async () => {
  await keeper.close({ guestsGoOn: false });
  await store.close();
});

describe("a host's beat", () => {
  it("is there once it is open, on a lease, and is told of by the moment it was asked for", async () => {
    await keeper.open();
    const item = await store.get(beatKey("h1"));
    assert.ok(item?.lease);
    assert.deepEqual(kept[0], [1000, leaseSeconds * 1000]);
    const ask = store.keepAlive.bind(store);
    store.keepAlive = async (lease) => {
      const before = time;
      time = before + 400;
      await ask(lease);
      store.keepAlive = ask;
    };
    assert.equal((await untilKept())[0], 1000);
  });

  it("ends a take-over that began while there was none", async () => {
    await store.transact({ put: [{ key: takeOverKey("h1"), value: { by: "h2", since: 1 } }] });
    await keeper.open();
    assert.equal(await store.get(takeOverKey("h1")), undefined);
  });

  it("comes again on another lease where the first is lost, and is not told of while nobody answers", async () => {
    await keeper.open();
    const before = (await store.get(beatKey("h1")))!.lease!;
    const ask = store.grantLease.bind(store);
    let refusals = 0;
    store.grantLease = async (seconds) => {
      if (refusals++ < 3) throw new LodgeError("store.unavailable", { path: "etcd", reason: "no answer" });
      return ask(seconds);
    };
    await store.revokeLease(before);
    for (let item = await store.get(beatKey("h1")); !item; item = await store.get(beatKey("h1")))
      await untilKept();
    assert.notEqual((await store.get(beatKey("h1")))!.lease, before);
    assert.ok(refusals > 3);
  });

  it("stays for a minute behind a daemon whose guests go on, and goes with any other", async () => {
    await keeper.open();
    await keeper.close({ guestsGoOn: true });
    assert.ok(await store.get(beatKey("h1")));
    assert.equal(kept.at(-1)![1], 60_000);
    await keeper.close({ guestsGoOn: false });
    assert.equal(await store.get(beatKey("h1")), undefined);
  });

  it("is not one of a host that was removed", async () => {
    await keeper.open();
    const lease = (await store.get(beatKey("h1")))!.lease!;
    await store.transact({ delete: [memberKey("h1")] });
    await store.revokeLease(lease);
    const refused = Promise.withResolvers<void>();
    const transact = store.transact.bind(store);
    store.transact = async (transaction) => {
      try {
        return await transact(transaction);
      } catch (error) {
        refused.resolve();
        throw error;
      }
    };
    await refused.promise;
    assert.equal(await store.get(beatKey("h1")), undefined);
  });
});
