/** What every store must do, as tests: run against each implementation by its own test file. */
import assert from "node:assert/strict";
import { access, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { hasCode } from "#contract/errors";
import { leaseConformance } from "./conformance-lease.ts";
import { propertyConformance } from "./conformance-property.ts";
import { watchConformance } from "./conformance-watch.ts";
import type { Store } from "./store.ts";
import { create, put, remove, update } from "./update.ts";
import { withStores, type StoreMaker, type WithStore } from "./with-store.ts";

export function storeConformance(name: string, maker: StoreMaker): void {
  const withStore = withStores(maker);
  describe(`${name} is a store`, () => {
    itemConformance(withStore);
    transactionConformance(withStore);
    limitConformance(withStore);
    watchConformance(withStore);
    leaseConformance(withStore);
    propertyConformance(withStore);
    backupConformance(maker);
  });
}

function itemConformance(withStore: WithStore): void {
  test("a value comes back as it was put, with its revisions", () =>
    withStore(async (store) => {
      const value = { text: "ä 😀 \u0000", list: [1, null, true], nested: { empty: {} } };
      const first = await put(store, "guests/a", value);
      const second = await put(store, "guests/a", "again");
      const item = await store.get("guests/a");
      assert.deepEqual(item, {
        key: "guests/a",
        value: "again",
        revision: second.number,
        created: first.number,
      });
      await put(store, "guests/a", value);
      assert.deepEqual((await store.get("guests/a"))?.value, value);
      assert.equal(await store.get("guests/b"), undefined);
    }));

  test("a value is copied: changing it afterwards changes nothing in the store", () =>
    withStore(async (store) => {
      const value = { a: 1 };
      await put(store, "k", value);
      value.a = 2;
      const read = await store.get("k");
      assert.deepEqual(read?.value, { a: 1 });
      (read!.value as { a: number }).a = 3;
      assert.deepEqual((await store.get("k"))?.value, { a: 1 });
    }));

  test("a key deleted and put again is a new one", () =>
    withStore(async (store) => {
      await put(store, "k", 1);
      await remove(store, "k");
      assert.equal(await store.get("k"), undefined);
      const again = await create(store, "k", 2);
      assert.equal((await store.get("k"))?.created, again.number);
    }));

  test("a listing has what begins with the prefix, in order, in pages", () =>
    withStore(async (store) => {
      for (const key of ["a/2", "a/10", "ab", "b/1", "a/1", "a~", "A/1"]) await put(store, key, key);
      const keys = async (prefix: string, options = {}) => {
        const listing = await store.list(prefix, options);
        return [...listing.items.map((item) => item.key), ...(listing.more ? ["…"] : [])];
      };
      assert.deepEqual(await keys("a/"), ["a/1", "a/10", "a/2"]);
      assert.deepEqual(await keys("a"), ["a/1", "a/10", "a/2", "ab", "a~"]);
      assert.deepEqual(await keys(""), ["A/1", "a/1", "a/10", "a/2", "ab", "a~", "b/1"]);
      assert.deepEqual(await keys("a/", { limit: 2 }), ["a/1", "a/10", "…"]);
      assert.deepEqual(await keys("a/", { limit: 2, after: "a/10" }), ["a/2"]);
      assert.deepEqual(await keys("a/", { limit: 3 }), ["a/1", "a/10", "a/2"]);
      assert.deepEqual(await keys("c"), []);
    }));

  test("a listing says at which revision it was true", () =>
    withStore(async (store) => {
      const revision = await put(store, "k", 1);
      assert.deepEqual((await store.list("other/")).revision, revision);
    }));
}

function transactionConformance(withStore: WithStore): void {
  test("a transaction happens whole, at one revision", () =>
    withStore(async (store) => {
      const { revision: before } = await store.list("");
      await put(store, "old", 0);
      const revision = await store.transact({
        compare: [{ key: "new", revision: "absent" }],
        put: [
          { key: "new", value: 1 },
          { key: "other", value: 2 },
        ],
        delete: ["old", "never"],
      });
      assert.equal(revision.number, before.number + 2);
      const { items } = await store.list("");
      assert.deepEqual(
        items.map((item) => [item.key, item.value, item.revision]),
        [
          ["new", 1, revision.number],
          ["other", 2, revision.number],
        ],
      );
    }));

  test("one compare that is not true stops the whole", () =>
    withStore(async (store) => {
      const { number } = await put(store, "a", 1);
      const { revision } = await store.list("");
      const attempts = [
        [{ key: "a", revision: "absent" }],
        [{ key: "a", revision: number + 1 }],
        [{ key: "b", revision: number }],
        [
          { key: "a", revision: number },
          { key: "b", revision: 1 },
        ],
      ] as const;
      for (const compare of attempts) {
        const transaction = { compare, put: [{ key: "c", value: 1 }], delete: ["a"] };
        await assert.rejects(store.transact(transaction), (error) => hasCode(error, "store.conflict"));
      }
      assert.deepEqual((await store.list("")).revision, revision);
      await store.transact({ compare: [{ key: "a", revision: number }], delete: ["a"] });
      assert.equal(await store.get("a"), undefined);
    }));

  test("what changes nothing takes no revision", () =>
    withStore(async (store) => {
      const revision = await put(store, "a", 1);
      assert.deepEqual(await store.transact({ delete: ["never"] }), revision);
      assert.deepEqual(await store.transact({ compare: [{ key: "b", revision: "absent" }] }), revision);
      assert.deepEqual(await store.transact({}), revision);
    }));

  test("of 100 increments at once none is lost", () =>
    withStore(async (store) => {
      const increment = () => update<number>(store, "counter", (value = 0) => value + 1);
      const results = await Promise.all(Array.from({ length: 100 }, increment));
      assert.equal((await store.get("counter"))?.value, 100);
      assert.equal(new Set(results).size, 100);
    }));

  test("of 20 that create one key, one does", () =>
    withStore(async (store) => {
      const attempts = Array.from({ length: 20 }, (_, i) => create(store, "name", i));
      const settled = await Promise.allSettled(attempts);
      assert.equal(settled.filter((result) => result.status === "fulfilled").length, 1);
    }));

  test("update deletes, leaves alone, and passes on what it is told", () =>
    withStore(async (store) => {
      await put(store, "k", { n: 1 });
      const { revision } = await store.list("");
      await update(store, "k", (value) => value);
      assert.deepEqual((await store.list("")).revision, revision);
      await assert.rejects(
        update(store, "k", () => {
          throw new RangeError("no");
        }),
        RangeError,
      );
      await update(store, "k", () => undefined);
      assert.equal(await store.get("k"), undefined);
    }));
}

function limitConformance(withStore: WithStore): void {
  const many = (count: number) => Array.from({ length: count }, (_, i) => ({ key: `k/${i}`, value: i }));
  const tooLarge = (error: unknown) => hasCode(error, "store.too_large");

  test("a transaction holds 128 operations and not one more", () =>
    withStore(async (store) => {
      await store.transact({ put: many(128) });
      const compare = [{ key: "x", revision: "absent" }] as const;
      await assert.rejects(store.transact({ compare, put: many(128) }), tooLarge);
      await assert.rejects(store.transact({ put: many(128), delete: ["x"] }), tooLarge);
      assert.equal((await store.list("k/")).items.length, 128);
    }));

  test("a transaction holds 1 MiB and not one byte more", () =>
    withStore(async (store) => {
      const fits = "x".repeat(1024 * 1024 - 3);
      await put(store, "k", fits);
      await assert.rejects(put(store, "k", fits + "x"), tooLarge);
      await assert.rejects(put(store, "k", "ä".repeat(600_000)), tooLarge);
      assert.equal((await store.get("k"))?.value, fits);
    }));

  test("what breaks the rules of keys and values is refused", () =>
    withStore(async (store) => {
      for (const key of ["", "/a", "a/", "a//b", "a b", "ä", "a\n", "x".repeat(513)]) {
        await assert.rejects(put(store, key, 1), TypeError, key);
      }
      await assert.rejects(put(store, "k", undefined), TypeError);
      await assert.rejects(store.transact({ put: [...many(1)], delete: ["k/0"] }), TypeError);
      assert.deepEqual((await store.list("")).items, []);
    }));

  test("a closed store refuses", async () => {
    let closed: Store | undefined;
    await withStore(async (store) => void (closed = store));
    await assert.rejects(closed!.get("k"), (error) => hasCode(error, "store.unavailable"));
    await assert.rejects(put(closed!, "k", 1), (error) => hasCode(error, "store.unavailable"));
    await closed!.close();
  });
}

function backupConformance(maker: StoreMaker): void {
  let folder = "";
  before(async () => void (folder = await mkdtemp(join(tmpdir(), "lodge-store-"))));
  after(() => rm(folder, { recursive: true, force: true }));

  test("a backup holds everything, for its owner only, and counts as another store", async () => {
    const path = join(folder, "backup");
    const store = await maker.make();
    await store.transact({ put: Array.from({ length: 50 }, (_, i) => ({ key: `k/${i}`, value: { i } })) });
    const then = await store.list("");
    await store.backup(path);
    await put(store, "later", 1);
    await assert.rejects(store.backup(path));
    await store.close();

    await access(path);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    const restored = await maker.restore(path);
    try {
      const now = await restored.list("");
      assert.deepEqual(now.items, then.items);
      assert.notEqual(now.revision.epoch, then.revision.epoch);
      const { signal } = new AbortController();
      const watch = restored.watch("", { from: then.revision, signal })[Symbol.asyncIterator]();
      await assert.rejects(watch.next(), (error) => hasCode(error, "store.compacted"));
      await put(restored, "k/0", "goes on");
    } finally {
      await restored.close();
    }
  });
}
