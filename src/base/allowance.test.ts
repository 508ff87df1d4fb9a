import assert from "node:assert/strict";
import { it } from "node:test";
import { Allowance } from "./allowance.ts";

const MiB = 1048576;

it("a guest may say much at once, and not for ever", () => {
  const allowance = new Allowance(0);
  assert.equal(allowance.take(0, 16 * MiB), 0);
  const pause = allowance.take(0, 4 * MiB);
  assert.ok(pause > 990 && pause < 1010, `${pause} ms for 4 MiB`);
  assert.equal(allowance.take(pause, 0), 0);
  assert.ok(allowance.take(pause, 65536) > 0);
  // After a while it may say as much as at first, and no more.
  assert.equal(allowance.take(60_000, 16 * MiB), 0);
  assert.ok(allowance.take(60_000, 1) > 0);
});
