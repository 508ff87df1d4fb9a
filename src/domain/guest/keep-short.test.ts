import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { systemClock } from "#base/clock";
import { silentLog } from "#base/log";
import { defineOperation, OperationRegistry } from "#durable/operation/define";
import { OperationEngine } from "#durable/operation/engine";
import { MemoryStore } from "#durable/store/memory";
import { longestChain } from "../volume/chain.ts";
import { layerKey } from "../volume/layer.ts";
import { watchChains } from "./keep-short.ts";
import { guestKey, guestTarget, type GuestRecord } from "./record.ts";
import type { ShortenInput } from "./shorten.ts";

interface Begun {
  readonly operation: string;
  readonly guest: string;
  end(): void;
}

/** A store, an engine, and a shortening that lasts until a test ends it. */
async function bench() {
  const store = new MemoryStore();
  const waiting: ((begun: Begun) => void)[] = [];
  const begun: Begun[] = [];
  const shorten = defineOperation<ShortenInput>({
    kind: "guest.shorten",
    steps: [
      {
        name: "copy",
        do: ({ operationId, input, signal }) =>
          new Promise<void>((end, fail) => {
            signal.addEventListener("abort", () => fail(signal.reason), { once: true });
            const it = { operation: operationId, guest: input.guest, end };
            const waiter = waiting.shift();
            if (waiter) waiter(it);
            else begun.push(it);
          }),
      },
    ],
  });
  const other = defineOperation<ShortenInput>({ ...shorten, kind: "guest.other" });
  const registry = new OperationRegistry().add(shorten as never, other as never);
  const engine = new OperationEngine({ store, registry, clock: systemClock, log: silentLog });
  await engine.recover();
  const watch = watchChains({ store, engine, shorten: shorten as never, clock: systemClock, log: silentLog });
  return {
    store,
    engine,
    other,
    begun,
    next: () => new Promise<Begun>((resolve) => (begun[0] ? resolve(begun.shift()!) : waiting.push(resolve))),
    async [Symbol.asyncDispose]() {
      watch.abort();
      engine.halt();
      await store.close();
    },
  };
}

/** Puts a guest with so many layers into the store. */
async function put(store: MemoryStore, id: string, layers: number, state = "running"): Promise<void> {
  const chain = Array.from({ length: layers }, (_, i) => `${id}l${i}`);
  const guest = { id, state, disks: [{ id: "disk0", layer: chain[0] }] } as unknown as GuestRecord;
  await store.transact({
    put: [
      ...chain.map((layer, i) => ({ key: layerKey(layer), value: { id: layer, below: chain[i + 1] } })),
      { key: guestKey(id), value: guest },
    ],
  });
}

describe("chains of layers", () => {
  test("that are too long are shortened, one guest after another; others are let alone", async () => {
    await using it = await bench();
    await put(it.store, "short", longestChain);
    await put(it.store, "stopped", longestChain + 1, "stopped");
    await put(it.store, "long", longestChain + 1);
    await put(it.store, "longer", longestChain + 2, "paused");
    const one = await it.next();
    assert.deepEqual(it.begun, []);
    await put(it.store, one.guest, longestChain);
    one.end();
    const two = await it.next();
    assert.deepEqual([one.guest, two.guest].toSorted(), ["long", "longer"]);
    await put(it.store, two.guest, longestChain);
    two.end();
    await it.engine.idle();
    assert.equal((await it.engine.list()).length, 2);
  });

  test("are shortened after what they had to give way to", async () => {
    await using it = await bench();
    await put(it.store, "g", longestChain + 1);
    const first = await it.next();
    const options = { targets: [guestTarget("g")], whenBusy: "refuse" } as const;
    await it.engine.start(it.other, { guest: "g", urgent: false }, options);
    const other = await it.next();
    assert.equal((await it.engine.get(first.operation)).status, "cancelled");
    other.end();
    const again = await it.next();
    assert.equal((await it.engine.get(again.operation)).kind, "guest.shorten");
    again.end();
  });

  test("are left as they are where a user cancelled that, until the guest changes", async () => {
    await using it = await bench();
    await put(it.store, "g", longestChain + 1);
    await it.engine.cancel((await it.next()).operation);
    await it.engine.idle();
    await put(it.store, "other", longestChain + 1);
    const next = await it.next();
    assert.equal(next.guest, "other");
    assert.equal((await it.engine.list()).length, 2);
    await put(it.store, "g", longestChain + 1);
    next.end();
    assert.equal((await it.next()).guest, "g");
  });
});
