import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hasCode } from "#contract/errors";
import { MemoryStore } from "./memory.ts";
import { Mirror } from "./mirror.ts";
import { put, remove } from "./update.ts";

/** A store and what a mirror of "a/" says of it. */
async function mirrored() {
  const store = new MemoryStore();
  await put(store, "a/0", 0);
  const seen = new Map<string, unknown>();
  let listings = 0;
  const mirror = new Mirror(store, ["a/"], {
    all(items) {
      listings++;
      seen.clear();
      for (const { key, value } of items) seen.set(key, value);
    },
    change(events) {
      for (const { key, value } of events) {
        if (value === undefined) seen.delete(key);
        else seen.set(key, value);
      }
    },
  });
  await mirror.open();
  return { store, mirror, seen, listings: () => listings };
}

describe("a mirror", () => {
  it("has what was there, and follows what changes", async () => {
    const { store, mirror, seen } = await mirrored();
    assert.deepEqual([...seen], [["a/0", 0]]);
    await put(store, "a/1", 1);
    await remove(store, "a/0");
    await mirror.caughtUp();
    assert.deepEqual([...seen], [["a/1", 1]]);
    mirror.close();
  });

  it("has caught up with every write that came before the question", async () => {
    const { store, mirror, seen } = await mirrored();
    for (let i = 0; i < 200; i++) {
      await put(store, "a/0", i);
      const revision = await mirror.caughtUp();
      assert.equal(seen.get("a/0"), i);
      assert.deepEqual(mirror.revision, revision);
    }
    mirror.close();
  });

  it("lists again where the history it had to follow is gone", async () => {
    const { store, mirror, seen, listings } = await mirrored();
    // All of it before the mirror has its turn.
    const writes = Array.from({ length: 11_000 }, (_, i) => put(store, "a/0", i));
    await Promise.all(writes);
    await mirror.caughtUp();
    assert.equal(seen.get("a/0"), 10_999);
    assert.ok(listings() > 1);
    mirror.close();
  });

  it("says that it is not kept up any more once its store is closed", async () => {
    const { store, mirror } = await mirrored();
    await store.close();
    await assert.rejects(mirror.caughtUp(), (error) => hasCode(error, "store.unavailable"));
  });
});
