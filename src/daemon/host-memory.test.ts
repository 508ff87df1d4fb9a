import assert from "node:assert/strict";
import { it } from "node:test";
import { memoryIn } from "./host-memory.ts";

const read = async () => ({ total: 8000, available: 3000 });

it("is the computer's, or what guests' groups may have together", async () => {
  assert.deepEqual(await memoryIn({ room: () => undefined }, read)(), { total: 8000, available: 3000 });
  const tight = { room: () => ({ limit: 2000, available: 500 }) };
  assert.deepEqual(await memoryIn(tight, read)(), { total: 2000, available: 500 });
  // Others may have used the computer's memory up meanwhile.
  const loose = { room: () => ({ limit: 6000, available: 5000 }) };
  assert.deepEqual(await memoryIn(loose, read)(), { total: 6000, available: 3000 });
});
