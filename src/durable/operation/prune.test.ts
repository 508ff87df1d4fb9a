import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryStore } from "../store/memory.ts";
import { put } from "../store/update.ts";
import { keptCount, keptTime, prune } from "./prune.ts";
import { operationKey } from "./record.ts";

const now = Date.parse("2026-06-01T00:00:00Z");
const ago = (ms: number) => new Date(now - ms).toISOString();

test("finished operations go when they are too old or too many; others never", async () => {
  const store = new MemoryStore();
  const record = (id: string, status: string, age: number, stuck = false) =>
    put(store, operationKey(id), { id, status, stuck, startedAt: ago(age), endedAt: ago(age) });
  await record("old", "succeeded", keptTime + 1);
  await record("stuck", "failed", keptTime + 1, true);
  await record("running", "running", keptTime + 1);
  for (let i = 0; i < keptCount + 130; i++) await record(`o${i}`, "succeeded", i);
  await prune(store, now);
  const kept = new Set((await store.list("operations/")).items.map((item) => item.key));
  assert.equal(kept.size, keptCount + 2);
  for (const id of ["stuck", "running", "o0", `o${keptCount - 1}`]) assert.ok(kept.has(operationKey(id)), id);
});
