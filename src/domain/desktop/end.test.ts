import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Operation } from "#contract/operation";
import { operationConformance } from "#durable/operation/conformance";
import type { OperationEngine } from "#durable/operation/engine";
import { MemoryStore } from "#durable/store/memory";
import type { Store } from "#durable/store/store";
import { guestKey } from "../guest/record.ts";
import { defineEnd, marking } from "./end.ts";
import { ailKeys, poolAils } from "./pool-ail.ts";
import { definePoolRemove } from "./pool-remove.ts";
import {
  desktopKey,
  desktopOfKey,
  desktopPoolKey,
  desktopPoolNameKey,
  desktopTarget,
  type DesktopRecord,
} from "./record.ts";

const desktop = {
  id: "dt1",
  pool: "dp1",
  project: "default",
  user: "u1",
  userName: "ann",
  guest: "g1",
  revision: 1,
  createdAt: "2026-11-27T08:00:00Z",
} as const satisfies DesktopRecord;

async function furnish(store: Store, keeps: "nothing" | "guest"): Promise<void> {
  await store.transact({
    put: [
      { key: desktopPoolKey("dp1"), value: { id: "dp1", name: "office", project: "default", keeps } },
      { key: desktopPoolNameKey("default", "office"), value: "dp1" },
      { key: desktopKey("dt1"), value: desktop },
      { key: desktopOfKey("dp1", "u1"), value: "dt1" },
      { key: guestKey("g1"), value: { id: "g1", project: "default", state: "running" } },
    ],
  });
}

/** Removes and stops guests at once, as the operations for that would. */
const guestsOf = (store: Store): Pick<OperationEngine, "start"> => ({
  start: async (definition, input) => {
    const key = guestKey((input as { readonly guest: string }).guest);
    const now = (await store.get(key))?.value;
    if (definition.kind === "guest.remove") await store.transact({ delete: [key] });
    else if (now) await store.transact({ put: [{ key, value: { ...now, state: "stopped" } }] });
    const operation = {} as Operation;
    return { operation, completion: Promise.resolve(operation) };
  },
});

const partsOf = (store: Store) => ({
  store,
  engine: () => guestsOf(store),
  remove: { kind: "guest.remove", steps: [] },
  stop: { kind: "guest.stop", steps: [] },
  leave: async () => undefined,
  belongings: { release: async () => undefined, letGo: async () => undefined },
});

const kept = async (store: Store) =>
  (
    await Promise.all(
      ["desktops/", "desktop-of/", "guests/", "desktop-pools/", "desktop-pool-names/", "desktop-ails/"].map(
        (prefix) => store.list(prefix),
      ),
    )
  )
    .flatMap(({ items }) => items)
    .map(({ key, value }) => [key, value]);

operationConformance("ending a desktop", async (store) => {
  await furnish(store, "nothing");
  const { changes, ...marked } = await marking(store, "dt1", "signed-off");
  await store.transact(changes);
  return {
    define: () => defineEnd(partsOf(store) as never) as never,
    input: { ...marked, why: "signed-off" },
    targets: [desktopTarget("dt1")],
    observe: () => kept(store),
    async assertDone() {
      const keys = (await kept(store)).map(([key]) => key);
      assert.deepEqual(keys, [desktopPoolKey("dp1"), desktopPoolNameKey("default", "office")]);
    },
  };
});

operationConformance("removing a desktop pool", async (store) => {
  await furnish(store, "nothing");
  await poolAils(store, { pool: "dp1", host: "h1" }, new Error("no memory"), 0);
  return {
    define: () => definePoolRemove({ store, clear: async () => undefined }) as never,
    input: { pool: "dp1", force: true },
    targets: [desktopPoolKey("dp1")],
    observe: () => kept(store),
    async assertDone() {
      const keys = (await kept(store)).map(([key]) => key);
      assert.ok(!keys.includes(desktopPoolKey("dp1")));
      assert.ok(!keys.includes(desktopPoolNameKey("default", "office")));
      assert.deepEqual(await ailKeys(store, "dp1"), []);
    },
  };
});

describe("the mark of a desktop that ends", () => {
  it("makes room for another of its user's at that moment", async () => {
    const store = new MemoryStore();
    await furnish(store, "nothing");
    const { changes, keepsGuest } = await marking(store, "dt1", "signed-off");
    await store.transact(changes);
    assert.equal(keepsGuest, false);
    assert.equal(await store.get(desktopOfKey("dp1", "u1")), undefined);
    assert.equal(((await store.get(desktopKey("dt1")))!.value as DesktopRecord).ending, true);
  });

  it("is none where the guest is its user's to keep, but in a pool that is gone", async () => {
    const store = new MemoryStore();
    await furnish(store, "guest");
    const { changes, keepsGuest, desktop: marked } = await marking(store, "dt1", "signed-off");
    assert.deepEqual([keepsGuest, marked.ending], [true, undefined]);
    await store.transact(changes);
    assert.equal((await store.get(desktopOfKey("dp1", "u1")))!.value, "dt1");
    await store.transact({ delete: [desktopPoolKey("dp1")] });
    assert.equal((await marking(store, "dt1", "signed-off")).keepsGuest, false);
  });
});
