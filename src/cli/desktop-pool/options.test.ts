import assert from "node:assert/strict";
import { test } from "node:test";
import type { DesktopPool } from "#contract/schema/desktop-pool";
import { poolOptions, wishes } from "./options.ts";

const has = { rules: { idle: 600, warn: 30 }, standby: { count: 2, maxAge: 900 } } as unknown as DesktopPool;

test("what a change names is changed, 'none' takes away, and the rest stays", () => {
  assert.deepEqual(wishes({ idle: null, longest: 3600 }, has), { rules: { warn: 30, longest: 3600 } });
  assert.deepEqual(wishes({ most: null, standby: 5 }, has), {
    most: null,
    standby: { count: 5, maxAge: 900 },
  });
  assert.deepEqual(wishes({}, has), {});
  assert.equal(poolOptions.most.parse("none"), null);
});

test("a roll-out is written as it is said, and not otherwise", () => {
  const { parse } = poolOptions["roll-out"];
  assert.deepEqual(parse("wave:5:600"), { by: "wave", atOnce: 5, notice: 600 });
  assert.deepEqual(parse("wave"), { by: "wave", atOnce: 1, notice: 300 });
  for (const wrong of ["waves", "wave:few", "wave:5:", "now"]) assert.throws(() => parse(wrong), RangeError);
});
