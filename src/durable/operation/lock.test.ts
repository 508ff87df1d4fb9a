import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { LockTable, type Release } from "./lock.ts";

const never = new AbortController().signal;
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** Acquires and writes down who got what, in order. */
function queueUp(locks: LockTable, order: string[], holder: string, targets: string[], signal = never) {
  return locks.acquire(targets, holder, signal).then((release) => {
    order.push(holder);
    return release;
  });
}

describe("locks", () => {
  test("a held target can be had by nobody else, others can", () => {
    const locks = new LockTable();
    const release = locks.tryAcquire(["a", "b"], "one");
    assert.ok(release);
    assert.equal(locks.tryAcquire(["b", "c"], "other"), undefined);
    assert.deepEqual(locks.blocker(["c", "b"]), { target: "b", holder: "one" });
    assert.ok(locks.tryAcquire(["c"], "other"));
    release();
    assert.ok(locks.tryAcquire(["b"], "other"));
  });

  test("first come, first served, and nobody overtakes", async () => {
    const locks = new LockTable();
    const order: string[] = [];
    const holder = locks.tryAcquire(["a"], "first")!;
    const second = queueUp(locks, order, "second", ["a", "b"]);
    const third = queueUp(locks, order, "third", ["b"]);
    const free = queueUp(locks, order, "free", ["c"]);
    await free;
    await settle();
    assert.deepEqual(order, ["free"]);
    assert.deepEqual(locks.blocker(["b"]), { target: "b", holder: "second" });
    holder();
    (await second)();
    (await third)();
    assert.deepEqual(order, ["free", "second", "third"]);
  });

  test("one who gives up waiting lets the next through", async () => {
    const locks = new LockTable();
    const order: string[] = [];
    const holder = locks.tryAcquire(["a"], "first")!;
    const giving = new AbortController();
    const second = queueUp(locks, order, "second", ["a", "b"], giving.signal);
    const third = queueUp(locks, order, "third", ["b"]);
    giving.abort(new Error("enough"));
    await assert.rejects(second, /enough/);
    await third;
    holder();
    assert.ok(locks.tryAcquire(["a"], "later"));
  });

  test("letting go twice does not let go of the next one's lock", async () => {
    const locks = new LockTable();
    const first = locks.tryAcquire(["a"], "first")!;
    const second = locks.acquire(["a"], "second", never);
    first();
    await second;
    first();
    assert.equal(locks.tryAcquire(["a"], "third"), undefined);
  });

  test("whatever is asked for in whatever order, no target has two holders and all are served", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.uniqueArray(fc.constantFrom("a", "b", "c", "d"), { minLength: 1 }), { maxLength: 12 }),
        async (wishes) => {
          const locks = new LockTable();
          const held = new Set<string>();
          let served = 0;
          const work = async (targets: string[], i: number) => {
            const release: Release = await locks.acquire(targets, `${i}`, never);
            for (const target of targets) {
              assert.ok(!held.has(target), `${target} has two holders`);
              held.add(target);
            }
            await settle();
            for (const target of targets) held.delete(target);
            served++;
            release();
          };
          await Promise.all(wishes.map(work));
          assert.equal(served, wishes.length);
          assert.equal(locks.blocker(["a", "b", "c", "d"]), undefined);
        },
      ),
      { numRuns: 50 },
    ));
});
