import assert from "node:assert/strict";
import { test } from "node:test";
import { prunable } from "./prune.ts";

const hours = [5, 1, 3, 2, 4];
const now = Date.parse("2026-01-02T00:00:00Z");
const all = hours.map((age) => ({ id: `${age}h`, createdAt: new Date(now - age * 3_600_000).toISOString() }));
const pruned = (rule: Parameters<typeof prunable>[1]) => prunable(all, rule, now).map(({ id }) => id);

test("a rule that says nothing keeps everything", () => assert.deepEqual(pruned({}), []));

test("all but the newest go, the oldest first", () => {
  assert.deepEqual(pruned({ keep: 2 }), ["5h", "4h", "3h"]);
  assert.deepEqual(pruned({ keep: 0 }), ["5h", "4h", "3h", "2h", "1h"]);
  assert.deepEqual(pruned({ keep: 9 }), []);
});

test("those that are old enough go", () => assert.deepEqual(pruned({ olderThan: 4 * 3600 }), ["5h", "4h"]));

test("what either part keeps stays", () => {
  assert.deepEqual(pruned({ keep: 4, olderThan: 3600 }), ["5h"]);
  assert.deepEqual(pruned({ keep: 1, olderThan: 4 * 3600 }), ["5h", "4h"]);
});
