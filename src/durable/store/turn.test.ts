import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "#base/clock";
import { ManualClock } from "./manual-clock.ts";
import { MemoryStore } from "./memory.ts";
import { inTurn } from "./turn.ts";

test("whoever has the turn is alone with it, however he ends", async () => {
  const store = new MemoryStore();
  let inside = 0;
  const work = async (fails: boolean) => {
    assert.equal(++inside, 1);
    await new Promise(setImmediate);
    inside--;
    if (fails) throw new TypeError("it failed");
  };
  const all = [false, true, false, true].map((fails) =>
    inTurn(store, "turns/p", systemClock, () => work(fails)),
  );
  const ended = (await Promise.allSettled(all)).map(({ status }) => status);
  assert.deepEqual(ended, ["fulfilled", "rejected", "fulfilled", "rejected"]);
  assert.equal(await store.get("turns/p"), undefined);
  await store.close();
});

test("the turn of one who died goes on to the next", async () => {
  const clock = new ManualClock();
  const store = new MemoryStore({ clock });
  const died = await store.grantLease(5);
  await store.transact({ put: [{ key: "turns/p", value: {}, lease: died }] });
  const next = inTurn(store, "turns/p", systemClock, async () => "mine");
  await clock.advance(5_001);
  assert.equal(await next, "mine");
  await store.close();
});
