import assert from "node:assert/strict";
import { it } from "node:test";
import { atRest } from "./at-rest.ts";

/** Milliseconds until it is at rest that takes so much of a processor in each half of a second; then it has ended. */
async function rests(...shares: readonly number[]): Promise<number> {
  let [now, taken, looks] = [0, 0, 0];
  const clock = {
    monotonic: () => now,
    sleep: async (milliseconds: number) => {
      const share = shares[looks++] ?? shares.at(-1)!;
      now += milliseconds;
      taken += (share * milliseconds) / 1000;
    },
  };
  await atRest(async () => (Number.isNaN(taken) ? undefined : taken), clock, new AbortController().signal);
  return now;
}

it("waits for what a guest does of itself, but not for one that is never done, or has ended", async () => {
  assert.equal(await rests(1, 0.9, 0.05, 1), 1500);
  assert.equal(await rests(0.01), 500);
  assert.equal(await rests(1), 10_000);
  assert.equal(await rests(1, NaN), 1000);
});
