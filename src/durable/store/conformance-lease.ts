/** The part of the conformance suite about leases. Time is a clock that the tests move. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { hasCode } from "#contract/errors";
import type { WithStore } from "./with-store.ts";
import { ManualClock } from "./manual-clock.ts";
import type { Store } from "./store.ts";
import { put } from "./update.ts";

const isLost = (error: unknown) => hasCode(error, "store.lease_lost");

const putLeased = (store: Store, key: string, lease: string) =>
  store.transact({ put: [{ key, value: key, lease }] });

const keysOf = async (store: Store) => (await store.list("")).items.map((item) => item.key);

/** Waits for the next batch and says which keys it deleted. */
async function nextDeleted(store: Store, act: () => unknown): Promise<string[]> {
  const ending = new AbortController();
  const batches = store.watch("", { signal: ending.signal })[Symbol.asyncIterator]();
  const next = batches.next();
  await act();
  const { value } = await next;
  ending.abort();
  const events = value?.events ?? [];
  return events.flatMap((event: { type: string; key: string }) =>
    event.type === "delete" ? [event.key] : [],
  );
}

export function leaseConformance(withStore: WithStore): void {
  const withClock = (body: (store: Store, clock: ManualClock) => Promise<void>) => {
    const clock = new ManualClock();
    return withStore((store) => body(store, clock), { clock });
  };

  test("a lease that ends takes its keys with it, and watchers see it", () =>
    withClock(async (store, clock) => {
      await put(store, "free", 1);
      const lease = await store.grantLease(10);
      await putLeased(store, "a", lease);
      await putLeased(store, "b", lease);
      assert.equal((await store.get("a"))?.lease, lease);
      clock.advance(9_999);
      assert.deepEqual(await keysOf(store), ["a", "b", "free"]);
      assert.deepEqual((await nextDeleted(store, () => clock.advance(1))).toSorted(), ["a", "b"]);
      assert.deepEqual(await keysOf(store), ["free"]);
      await assert.rejects(store.keepAlive(lease), isLost);
      await assert.rejects(putLeased(store, "c", lease), isLost);
    }));

  test("a lease kept alive goes on; leases end each in its time", () =>
    withClock(async (store, clock) => {
      const long = await store.grantLease(10);
      const short = await store.grantLease(4);
      await putLeased(store, "long", long);
      await putLeased(store, "short", short);
      clock.advance(3_000);
      await store.keepAlive(short);
      clock.advance(3_000);
      assert.deepEqual(await keysOf(store), ["long", "short"]);
      assert.deepEqual(await nextDeleted(store, () => clock.advance(1_000)), ["short"]);
      assert.deepEqual(await nextDeleted(store, () => clock.advance(3_000)), ["long"]);
    }));

  test("a watch that has just begun tells of a lease that is revoked", () =>
    withClock(async (store) => {
      for (let time = 0; time < 20; time++) {
        const lease = await store.grantLease(10);
        await putLeased(store, "a", lease);
        assert.deepEqual(await nextDeleted(store, () => store.revokeLease(lease)), ["a"]);
      }
    }));

  test("a lease revoked ends at once, and a second time is no error", () =>
    withClock(async (store) => {
      const lease = await store.grantLease(10);
      await putLeased(store, "a", lease);
      assert.deepEqual(await nextDeleted(store, () => store.revokeLease(lease)), ["a"]);
      await store.revokeLease(lease);
      await store.revokeLease("never");
    }));

  test("a key put without its lease, or with another one, has let go of it", () =>
    withClock(async (store) => {
      const [one, other] = [await store.grantLease(60), await store.grantLease(60)];
      for (const key of ["a", "b", "c"]) await putLeased(store, key, one);
      await put(store, "a", 1);
      await putLeased(store, "b", other);
      assert.deepEqual(await nextDeleted(store, () => store.revokeLease(one)), ["c"]);
      assert.deepEqual(await keysOf(store), ["a", "b"]);
    }));

  test("an unknown lease stops the whole transaction", () =>
    withClock(async (store) => {
      const transaction = {
        put: [
          { key: "a", value: 1 },
          { key: "b", value: 1, lease: "never" },
        ],
      };
      await assert.rejects(store.transact(transaction), isLost);
      assert.deepEqual(await keysOf(store), []);
    }));
}
