import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAge } from "./age.ts";

test("an age is a number with its unit, and nothing else", () => {
  assert.deepEqual(["90m", "12h", "30d", "4w"].map(parseAge), [5400, 43_200, 2_592_000, 2_419_200]);
  for (const wrong of ["", "5", "d", "-1d", "1.5h", "3y"]) assert.throws(() => parseAge(wrong), RangeError);
});
