/** The part of the conformance suite in which random transactions run against the store and a plain Map. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { hasCode } from "#contract/errors";
import type { WithStore } from "./with-store.ts";
import type { Compare, Revision, Store, StoreEvent, Transaction } from "./store.ts";

interface Entry {
  value: unknown;
  revision: number;
  created: number;
}

const keys = ["a", "a/1", "a/1/x", "a/2", "ab", "b/1", "b/2"] as const;

/** A compare is made true or false by intent; its revision is known only when it runs. */
interface Step {
  puts: Map<string, unknown>;
  deletes: string[];
  compares: { key: string; holds: boolean }[];
}

const stepArbitrary: fc.Arbitrary<Step> = fc
  .record({
    puts: fc.uniqueArray(fc.tuple(fc.constantFrom(...keys), fc.jsonValue({ maxDepth: 2 })), {
      selector: ([key]) => key,
      maxLength: 4,
    }),
    deletes: fc.uniqueArray(fc.constantFrom(...keys), { maxLength: 3 }),
    compares: fc.array(
      fc.record({
        key: fc.constantFrom(...keys),
        holds: fc.oneof({ weight: 9, arbitrary: fc.constant(true) }, fc.constant(false)),
      }),
      { maxLength: 3 },
    ),
  })
  .map(({ puts, deletes, compares }) => {
    const map = new Map<string, unknown>(puts);
    return { puts: map, deletes: deletes.filter((key) => !map.has(key)), compares };
  });

/** The store as it ought to be. */
class Model {
  readonly entries = new Map<string, Entry>();
  readonly events: StoreEvent[] = [];
  number: number;

  /** @param number of the revision at which the store is empty: not every store begins with 0 */
  constructor(number: number) {
    this.number = number;
  }

  compares(step: Step): Compare[] {
    return step.compares.map(({ key, holds }) => {
      const actual = this.entries.get(key)?.revision ?? "absent";
      if (holds) return { key, revision: actual };
      return { key, revision: actual === "absent" ? this.number + 1 : "absent" };
    });
  }

  apply(step: Step): boolean {
    if (step.compares.some((compare) => !compare.holds)) return false;
    const deletes = step.deletes.filter((key) => this.entries.has(key));
    if (deletes.length + step.puts.size > 0) this.number++;
    for (const key of deletes) {
      this.events.push({ type: "delete", key, value: undefined, previous: this.entries.get(key)?.value });
      this.entries.delete(key);
    }
    for (const [key, value] of step.puts) {
      const before = this.entries.get(key);
      this.events.push({ type: "put", key, value, previous: before?.value });
      this.entries.set(key, { value, revision: this.number, created: before?.created ?? this.number });
    }
    return true;
  }

  items() {
    return [...this.entries]
      .map(([key, entry]) => ({ key, ...entry }))
      .toSorted((a, b) => (a.key < b.key ? -1 : 1));
  }
}

async function runStep(store: Store, model: Model, step: Step): Promise<void> {
  const transaction: Transaction = {
    compare: model.compares(step),
    put: [...step.puts].map(([key, value]) => ({ key, value })),
    delete: step.deletes,
  };
  if (model.apply(step)) assert.equal((await store.transact(transaction)).number, model.number);
  else await assert.rejects(store.transact(transaction), (error) => hasCode(error, "store.conflict"));
}

async function readEvents(store: Store, model: Model, from: Revision): Promise<StoreEvent[]> {
  const events: StoreEvent[] = [];
  if (model.events.length === 0) return events;
  const { signal } = new AbortController();
  for await (const batch of store.watch("", { from, signal })) {
    events.push(...batch.events);
    if (batch.revision.number === model.number) break;
  }
  return events;
}

/** JSON knows no negative zero. */
const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

export function propertyConformance(withStore: WithStore): void {
  test("random transactions leave what a Map would hold, and tell all of it to a watch", () =>
    fc.assert(
      fc.asyncProperty(fc.array(stepArbitrary, { minLength: 1, maxLength: 60, size: "max" }), (steps) =>
        withStore(async (store) => {
          const { revision: first } = await store.list("");
          const model = new Model(first.number);
          for (const step of steps) await runStep(store, model, step);
          const { items, revision } = await store.list("");
          assert.deepEqual(asJson(items), asJson(model.items()));
          assert.equal(revision.number, model.number);
          for (const key of keys)
            assert.deepEqual(
              asJson([await store.get(key)]),
              asJson([items.find((item) => item.key === key)]),
            );
          assert.deepEqual(asJson(await readEvents(store, model, first)), asJson(model.events));
        }),
      ),
      { numRuns: 10 },
    ));
}
