/** The part of the conformance suite about watches. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { hasCode } from "#contract/errors";
import type { WithStore } from "./with-store.ts";
import { follow, type Followed } from "./follow.ts";
import type { Revision, Store, WatchBatch } from "./store.ts";
import { put, remove } from "./update.ts";

/** Takes the next `count` batches and leaves. */
async function take(batches: AsyncIterable<WatchBatch>, count: number): Promise<WatchBatch[]> {
  const taken: WatchBatch[] = [];
  for await (const batch of batches) {
    taken.push(batch);
    if (taken.length === count) break;
  }
  return taken;
}

const isCompacted = (error: unknown) => hasCode(error, "store.compacted");

async function assertCompacted(store: Store, from: Revision): Promise<void> {
  const { signal } = new AbortController();
  await assert.rejects(take(store.watch("", { from, signal }), 1), isCompacted);
}

export function watchConformance(withStore: WithStore): void {
  newsConformance(withStore);
  resumeConformance(withStore);
  compactionConformance(withStore);
}

function newsConformance(withStore: WithStore): void {
  test("a watch tells what changed below its prefix, a transaction at a time", () =>
    withStore(async (store) => {
      const { signal } = new AbortController();
      await put(store, "a/old", 0);
      const watch = store.watch("a/", { signal });
      await put(store, "b/1", "elsewhere");
      const first = await store.transact({
        put: [
          { key: "a/1", value: 1 },
          { key: "b/2", value: 2 },
        ],
        delete: ["a/old"],
      });
      const second = await put(store, "a/1", 11);
      const third = await remove(store, "a/1");
      const batches = await take(watch, 3);
      const byKey = batches[0]!.events.toSorted((x, y) => (x.key < y.key ? -1 : 1));
      assert.deepEqual(byKey, [
        { type: "put", key: "a/1", value: 1, previous: undefined },
        { type: "delete", key: "a/old", value: undefined, previous: 0 },
      ]);
      assert.deepEqual(batches[1]!.events, [{ type: "put", key: "a/1", value: 11, previous: 1 }]);
      assert.deepEqual(batches[2]!.events, [{ type: "delete", key: "a/1", value: undefined, previous: 11 }]);
      assert.deepEqual(
        batches.map((batch) => batch.revision),
        [first, second, third],
      );
    }));

  test("a watch begins when it is asked for, not when it is first read", () =>
    withStore(async (store) => {
      const { signal } = new AbortController();
      await put(store, "k", "before");
      const watch = store.watch("k", { signal });
      await put(store, "k", "after");
      const [batch] = await take(watch, 1);
      assert.equal(batch!.events[0]!.value, "after");
    }));

  test("a watch ends without an error when its signal or its store ends", () =>
    withStore(async (store) => {
      const ending = new AbortController();
      const waiting = take(store.watch("", { signal: ending.signal }), 1);
      const closing = take(store.watch("", { signal: new AbortController().signal }), 1);
      ending.abort();
      assert.deepEqual(await waiting, []);
      assert.deepEqual(await take(store.watch("", { signal: ending.signal }), 1), []);
      await store.close();
      assert.deepEqual(await closing, []);
    }));

  test("what one watcher does to a value, no other sees", () =>
    withStore(async (store) => {
      const { signal } = new AbortController();
      const [one, other] = [store.watch("", { signal }), store.watch("", { signal })];
      await put(store, "k", { a: 1 });
      const [first] = await take(one, 1);
      (first!.events[0]!.value as { a: number }).a = 2;
      const [second] = await take(other, 1);
      assert.deepEqual(second!.events[0]!.value, { a: 1 });
    }));
}

function resumeConformance(withStore: WithStore): void {
  test("a watch from a revision repeats nothing and misses nothing, while the store is written", () =>
    withStore(async (store) => {
      const { signal } = new AbortController();
      const writes = 200;
      let { revision: from } = await store.list("");
      const writing = (async () => {
        for (let i = 1; i <= writes; i++) await put(store, `k/${i % 7}`, i);
      })();
      const seen: unknown[] = [];
      while (seen.length < writes) {
        const batches = await take(store.watch("k/", { from, signal }), Math.min(9, writes - seen.length));
        seen.push(...batches.flatMap((batch) => batch.events.map((event) => event.value)));
        from = batches.at(-1)!.revision;
      }
      await writing;
      assert.deepEqual(
        seen,
        Array.from({ length: writes }, (_, i) => i + 1),
      );
    }));

  test("history is told as it was told live", () =>
    withStore(async (store) => {
      const { signal } = new AbortController();
      const { revision: from } = await store.list("");
      const live = store.watch("", { signal });
      await put(store, "a", 1);
      await store.transact({
        put: [
          { key: "a", value: 2 },
          { key: "b", value: 1 },
        ],
      });
      await remove(store, "a", "b");
      await put(store, "a", 3);
      const told = await take(live, 4);
      assert.deepEqual(await take(store.watch("", { from, signal }), 4), told);
      assert.deepEqual(await take(store.watch("", { from: told[1]!.revision, signal }), 2), told.slice(2));
      const belowA = await take(store.watch("a", { from: told[0]!.revision, signal }), 3);
      assert.deepEqual(
        belowA.map((batch) => batch.events[0]!.value),
        [2, undefined, 3],
      );
    }));
}

function compactionConformance(withStore: WithStore): void {
  test("a watch from before the compaction is told so; one from it is not", () =>
    withStore(async (store) => {
      const { signal } = new AbortController();
      const first = await put(store, "k", 1);
      const second = await put(store, "k", 2);
      const third = await put(store, "k", 3);
      await store.compact(second.number);
      await assertCompacted(store, first);
      const [batch] = await take(store.watch("", { from: second, signal }), 1);
      assert.deepEqual(batch, {
        revision: third,
        events: [{ type: "put", key: "k", value: 3, previous: 2 }],
      });
      assert.equal((await store.get("k"))?.value, 3);
      assert.equal((await store.get("k"))?.created, first.number);
    }));

  test("a revision of another epoch, or of the future, is answered like one compacted", () =>
    withStore(async (store) => {
      const revision = await put(store, "k", 1);
      await assertCompacted(store, { ...revision, epoch: "other" });
      await assertCompacted(store, { ...revision, number: revision.number + 1 });
    }));

  test("history is bounded, what is current stays", () =>
    withStore(
      async (store) => {
        const first = await put(store, "kept", 1);
        for (let i = 0; i < 100; i++) await put(store, `k/${i % 3}`, i);
        await assertCompacted(store, first);
        const { signal } = new AbortController();
        const { items, revision } = await store.list("");
        assert.deepEqual(
          items.map((item) => item.value),
          [99, 97, 98, 1],
        );
        const from = { ...revision, number: revision.number - 20 };
        assert.equal((await take(store.watch("", { from, signal }), 20)).length, 20);
      },
      { history: 20 },
    ));

  test("follow lists, tells changes, and lists again after a compaction", () =>
    withStore(async (store) => {
      const ending = new AbortController();
      await put(store, "a/1", 1);
      const followed = follow(store, "a/", ending.signal);
      const first = (await followed.next()).value!;
      assert.equal(first.type === "all" && first.items[0]!.value, 1);
      await put(store, "a/1", 2);
      const { number } = await put(store, "a/1", 3);
      await store.compact(number);
      const second = (await followed.next()).value!;
      assert.equal(second.type === "all" && second.items[0]!.value, 3);
      const third = followed.next();
      await put(store, "a/1", 4);
      const change = (await third).value!;
      assert.equal(change.type === "change" && change.events[0]!.value, 4);
      const last = followed.next();
      ending.abort();
      assert.equal((await last).done, true);
    }));

  test("follow begins with what changes for whoever knows all that there was, unless that is forgotten", () =>
    withStore(async (store) => {
      const ending = new AbortController();
      const since = await put(store, "a/1", 1);
      await put(store, "a/2", 2);
      const change: Followed = (await follow(store, "a/", ending.signal, since).next()).value!;
      assert.deepEqual(change.type === "change" && change.events.map(({ key }) => key), ["a/2"]);
      await store.compact((await put(store, "a/1", 3)).number);
      const all: Followed = (await follow(store, "a/", ending.signal, since).next()).value!;
      assert.equal(all.type === "all" && all.items.length, 2);
      ending.abort();
    }));
}
