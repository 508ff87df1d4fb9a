import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { silentLog } from "#base/log";
import { hasCode, LodgeError } from "#contract/errors";
import { storeConformance } from "./conformance.ts";
import { MemoryStore } from "./memory.ts";
import { NearStore } from "./near-store.ts";
import type { ListOptions, WatchBatch, WatchOptions } from "./store.ts";
import { put, remove } from "./update.ts";

const near = { kept: [""], log: silentLog };

storeConformance("a store that is near", {
  make: async (options = {}) =>
    NearStore.open(new MemoryStore(options), { ...near, history: options.history ?? 10_000 }),
  restore: async (path) => NearStore.open(await MemoryStore.restore(path), near),
});

/** A store whose watches may stand still or break, tell nothing of what is below "silent/", and that may have no quorum. */
class FarStore extends MemoryStore {
  watches = 0;
  listed: string[] = [];
  hasQuorum = true;
  #go = Promise.resolve();
  #break: (() => void) | undefined;

  /** Watches tell nothing until what it returns is called. */
  stand(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#go = promise;
    return resolve;
  }

  /** Watches have lost what they were to tell next. */
  forget(): void {
    this.#break?.();
  }

  override async list(prefix: string, options: ListOptions = {}) {
    if (!this.hasQuorum) throw new LodgeError("store.unavailable", { path: "far", reason: "no quorum" });
    this.listed.push(prefix);
    return super.list(prefix, options);
  }

  override watch(prefix: string, { from, signal }: WatchOptions): AsyncIterable<WatchBatch> {
    this.watches++;
    const broken = new AbortController();
    this.#break = () => broken.abort();
    const either = AbortSignal.any([signal, broken.signal]);
    const batches = super.watch(prefix, { ...(from ? { from } : {}), signal: either });
    return this.#told(batches, broken.signal);
  }

  async *#told(batches: AsyncIterable<WatchBatch>, broken: AbortSignal): AsyncGenerator<WatchBatch> {
    for await (const batch of batches) {
      await this.#go;
      if (broken.aborted) break;
      if (!batch.events.every(({ key }) => key.startsWith("silent/"))) yield batch;
    }
    if (broken.aborted) throw new LodgeError("store.compacted", { revision: 0 });
  }
}

describe("what is near of a store", () => {
  const opened: NearStore[] = [];
  afterEach(async () => {
    for (const near of opened.splice(0)) await near.close();
  });

  async function world() {
    const far = new FarStore();
    await put(far, "a/1", { n: 1 });
    const near = await NearStore.open(far, { kept: ["a/"], log: silentLog });
    opened.push(near);
    far.listed = [];
    const values = async () => (await near.list("a/")).items.map(({ value }) => value);
    return { far, near, values };
  }

  it("is listed without the store's being read, and as the store would list it", async () => {
    const { far, near, values } = await world();
    await put(far, "a/2", { n: 2 });
    await put(far, "a/1", { n: 3 });
    assert.deepEqual(await values(), [{ n: 3 }, { n: 2 }]);
    await remove(far, "a/2");
    assert.deepEqual(await near.list("a/"), await MemoryStore.prototype.list.call(far, "a/"));
    assert.ok(!far.listed.includes("a/"));
    await near.list("b/");
    assert.ok(far.listed.includes("b/"));
  });

  it("cannot be changed by whoever was given it", async () => {
    const { values } = await world();
    assert.equal(Reflect.set((await values())[0] as object, "n", 7), false);
    assert.deepEqual(await values(), [{ n: 1 }]);
  });

  it("asks the store once for all who ask at the same time", async () => {
    const { far, values } = await world();
    await Promise.all(Array.from({ length: 50 }, values));
    assert.ok(far.listed.length <= 2);
  });

  it("is known to be current where the store has gone on by what no watch tells", async () => {
    const { far, values } = await world();
    await put(far, "silent/1", 0);
    assert.deepEqual(await values(), [{ n: 1 }]);
    assert.ok(!far.listed.includes("a/"));
  });

  it("is not taken for current while its watch stands still: the store is read", async () => {
    const { far, values } = await world();
    const go = far.stand();
    await put(far, "a/2", { n: 2 });
    assert.deepEqual(await values(), [{ n: 1 }, { n: 2 }]);
    assert.ok(far.listed.includes("a/"));
    go();
    far.listed = [];
    assert.deepEqual(await values(), [{ n: 1 }, { n: 2 }]);
    assert.ok(!far.listed.includes("a/"));
  });

  it("is read anew where its watch has lost what came, and who watches is told so", async () => {
    const { far, near, values } = await world();
    const { revision: from } = await near.list("a/");
    const watch = near.watch("a/", { from, signal: new AbortController().signal });
    const first = watch[Symbol.asyncIterator]().next();
    const go = far.stand();
    await put(far, "a/2", { n: 2 });
    far.forget();
    go();
    await assert.rejects(first, (error) => hasCode(error, "store.compacted"));
    await put(far, "a/3", { n: 3 });
    assert.deepEqual(await values(), [{ n: 1 }, { n: 2 }, { n: 3 }]);
  });

  it("is not listed where there is no quorum", async () => {
    const { far, values } = await world();
    far.hasQuorum = false;
    await assert.rejects(values(), (error) => hasCode(error, "store.unavailable"));
    far.hasQuorum = true;
    assert.deepEqual(await values(), [{ n: 1 }]);
  });

  it("feeds everybody's watches by one, and leaves to the store what it does not remember", async () => {
    const { far, near } = await world();
    const { signal } = new AbortController();
    const { revision: from } = await near.list("a/");
    const watches = Array.from({ length: 3 }, () => near.watch("a/", { from, signal }));
    await put(far, "a/2", 2);
    for (const watch of watches)
      assert.equal((await watch[Symbol.asyncIterator]().next()).value?.events[0]?.value, 2);
    assert.equal(far.watches, 1);
    const before = { ...from, number: from.number - 1 };
    const older = near.watch("a/", { from: before, signal })[Symbol.asyncIterator]();
    assert.deepEqual((await older.next()).value?.events[0]?.value, { n: 1 });
    assert.equal(far.watches, 2);
  });

  it("leaves everything to the store once it follows it no more", async () => {
    const { near, values } = await world();
    const under = values();
    await near.close();
    await under.catch((error: unknown) => assert.ok(hasCode(error, "store.unavailable")));
    await assert.rejects(values(), (error) => hasCode(error, "store.unavailable"));
  });
});
