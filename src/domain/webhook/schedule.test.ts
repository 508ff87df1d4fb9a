import assert from "node:assert/strict";
import { it } from "node:test";
import { askedPause, pauseAfter, pauses } from "./schedule.ts";

const hour = 3_600_000;

it("a message is tried again for about a day, ever more seldom", () => {
  const middle = pauses.map((_, i) => pauseAfter(i + 1, 0.5) ?? 0);
  assert.deepEqual(middle, [...pauses]);
  assert.deepEqual(
    middle,
    middle.toSorted((a, b) => a - b),
  );
  const all = middle.reduce((sum, one) => sum + one, 0);
  assert.ok(all > 23 * hour && all < 25 * hour);
  assert.equal(pauseAfter(pauses.length + 1, 0.5), undefined);
});

it("not all come back at once", () => {
  assert.equal(pauseAfter(1, 0), 4_000);
  assert.equal(pauseAfter(1, 1), 6_000);
});

it("a receiver may ask for a longer pause, not for a shorter one nor for ever", () => {
  assert.equal(pauseAfter(1, 0.5, 90_000), 90_000);
  assert.equal(pauseAfter(3, 0.5, 1_000), 120_000);
  assert.equal(pauseAfter(1, 0.5, 1e12), 12 * hour);
});

it("Retry-After is read as seconds or a date", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  assert.equal(askedPause("120", now), 120_000);
  assert.equal(askedPause("Thu, 01 Jan 2026 00:01:00 GMT", now), 60_000);
  assert.equal(askedPause("Wed, 31 Dec 2025 00:00:00 GMT", now), 0);
  assert.equal(askedPause("soon", now), undefined);
  assert.equal(askedPause(undefined, now), undefined);
});
