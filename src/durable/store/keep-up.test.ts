import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock, type Clock } from "#base/clock";
import { silentLog } from "#base/log";
import { hasCode, LodgeError } from "#contract/errors";
import { take, type Followed } from "./follow.ts";
import { keepUp } from "./keep-up.ts";
import { MemoryStore } from "./memory.ts";

const silence = () => new LodgeError("store.unavailable", { path: "etcd", reason: "no quorum" });

class SilentStore extends MemoryStore {
  isSilent = false;

  override async list(prefix: string) {
    if (this.isSilent) throw silence();
    return super.list(prefix);
  }
}

/** What is known of "a/" by whoever keeps up with it; a pause lasts until the test ends it. */
function makeScene(hear: (told: Followed) => unknown = () => undefined) {
  const store = new SilentStore();
  const known = new Map<string, unknown>();
  const told: string[] = [];
  const pauses: PromiseWithResolvers<void>[] = [];
  let paused = Promise.withResolvers<void>();
  const clock: Clock = {
    ...systemClock,
    async sleep() {
      const pause = Promise.withResolvers<void>();
      pauses.push(pause);
      paused.resolve();
      await pause.promise;
    },
  };
  let heard = Promise.withResolvers<void>();
  const wanted = {
    prefix: "a/",
    missed: "it is read again",
    async hear(each: Followed) {
      told.push(each.type);
      await hear(each);
      take(each, "a/", known);
      heard.resolve();
    },
  };
  return {
    store,
    told,
    parts: { store, clock, log: silentLog },
    wanted,
    known: () => Object.fromEntries(known),
    paused: () => paused.promise,
    goOn() {
      paused = Promise.withResolvers();
      pauses.shift()!.resolve();
    },
    /** Resolves when the next thing has been heard. */
    async next() {
      await heard.promise;
      heard = Promise.withResolvers();
    },
  };
}

const put = (store: MemoryStore, key: string, value: unknown) => store.transact({ put: [{ key, value }] });

test("who could not take what he was told is told all that there is by then", async () => {
  let fails = false;
  const scene = makeScene((told) => {
    if (fails && told.type === "change") throw silence();
  });
  const end = new AbortController();
  await put(scene.store, "a/1", "one");
  await keepUp(scene.parts, scene.wanted, end.signal);
  await scene.next();
  fails = true;
  await put(scene.store, "a/2", "two");
  await scene.paused();
  await scene.store.transact({ delete: ["a/1"] });
  assert.deepEqual(scene.known(), { 1: "one" });
  fails = false;
  scene.goOn();
  await scene.next();
  assert.deepEqual(scene.known(), { 2: "two" });
  assert.deepEqual(scene.told, ["all", "change", "all"]);
  end.abort();
});

test("who waits for a store that does not answer hears of it, and is told once it does", async () => {
  const scene = makeScene();
  const end = new AbortController();
  scene.store.isSilent = true;
  const first = keepUp(scene.parts, scene.wanted, end.signal);
  await assert.rejects(first, (error) => hasCode(error, "store.unavailable"));
  await scene.paused();
  scene.store.isSilent = false;
  await put(scene.store, "a/1", "one");
  scene.goOn();
  await scene.next();
  assert.deepEqual(scene.known(), { 1: "one" });
  end.abort();
});

test("who knows what there was is told of nothing but changes", async () => {
  const scene = makeScene();
  const end = new AbortController();
  const since = await put(scene.store, "a/1", "one");
  await keepUp(scene.parts, { ...scene.wanted, since }, end.signal);
  await put(scene.store, "a/2", "two");
  await scene.next();
  assert.deepEqual(scene.told, ["change"]);
  assert.deepEqual(scene.known(), { 2: "two" });
  end.abort();
});

test("nothing is told after the end, and nobody waits for ever", async () => {
  const scene = makeScene();
  const end = new AbortController();
  end.abort();
  await keepUp(scene.parts, scene.wanted, end.signal);
  assert.deepEqual(scene.told, []);
});
