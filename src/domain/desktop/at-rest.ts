/**
 * Waits for a guest that was just forked to have done what it does of itself then: it takes an address, and what runs in it hears of
 * its new name. What it has not done before it stands still, it does when somebody opens his first program.
 */
import type { Clock } from "#base/clock";

/** Milliseconds over which is looked, and until it is as it may. */
const stretch = 500;
const patience = 10_000;
/** Of a processor: what a desktop takes for its clock and the like. */
const little = 0.2;

/** `cpuSeconds`: that the guest has taken so far; undefined: it has ended. */
export async function atRest(
  cpuSeconds: () => Promise<number | undefined>,
  clock: Pick<Clock, "monotonic" | "sleep">,
  signal: AbortSignal,
): Promise<void> {
  const end = clock.monotonic() + patience;
  let [since, before] = [clock.monotonic(), await cpuSeconds()];
  while (before !== undefined && since < end) {
    await clock.sleep(stretch, signal);
    const [now, after] = [clock.monotonic(), await cpuSeconds()];
    if (after === undefined || (after - before) / ((now - since) / 1000) < little) return;
    [since, before] = [now, after];
  }
}
