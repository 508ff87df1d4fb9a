import assert from "node:assert/strict";
import { afterEach, it } from "node:test";
import { offerOf } from "../../../../test/fakes/placement-hosts.ts";
import { silentLog } from "#base/log";
import { systemClock } from "#base/clock";
import { MemoryStore } from "#durable/store/memory";
import { offerKey } from "./boards.ts";
import type { OwnOffer } from "./own-offer.ts";
import { publishOffer } from "./publish-offer.ts";

const ending = new AbortController();
afterEach(() => ending.abort());

it("what a host offers is told when it is another, and not by each page of memory", async () => {
  const store = new MemoryStore();
  const { name: _, state: _state, labels: _labels, taints: _taints, ...first } = offerOf("a");
  let offer: OwnOffer = first;
  let asked = Promise.withResolvers<void>();
  let changed = () => {};
  // Waits are over when somebody says so, by calling back that something changed.
  const clock = {
    ...systemClock,
    sleep: (ms: number, signal?: AbortSignal) =>
      ms < 1_000
        ? Promise.resolve()
        : new Promise<void>((_resolve, reject) =>
            signal?.addEventListener("abort", () => reject(signal.reason as Error), { once: true }),
          ),
  };
  const parts = {
    store,
    clock,
    log: silentLog,
    offer: async () => {
      asked.resolve();
      return offer;
    },
    onChange: (listener: () => void) => {
      changed = listener;
      return () => {};
    },
  };
  const watch = store.watch("offers/", { signal: ending.signal })[Symbol.asyncIterator]();
  await publishOffer(parts, ending.signal);
  const told = async () => ((await watch.next()).value!.events[0]!.value as OwnOffer).available;
  assert.equal(await told(), first.available);
  const before = (await store.get(offerKey("id-a")))!.revision;
  offer = { ...first, available: first.available + 4096 };
  asked = Promise.withResolvers();
  changed();
  await asked.promise;
  offer = { ...first, available: first.available / 2 };
  changed();
  assert.equal(await told(), first.available / 2);
  assert.equal((await store.get(offerKey("id-a")))!.revision, before + 1);
});
