/** Follows the store for as long as it is wanted, through whatever fails meanwhile: a store that does not answer, or who was told. */
import { hasCode } from "#contract/errors";
import type { Clock } from "#base/clock";
import type { Log } from "#base/log";
import { follow, type Followed } from "./follow.ts";
import type { Revision, Store } from "./store.ts";

export interface KeepUpParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Wanted {
  readonly prefix: string;
  /** What there was then is known already. */
  readonly since?: Revision;
  /** Told of one thing after the other; of everything again after something failed. */
  readonly hear: (told: Followed) => unknown;
  /** What the log says of a failure. */
  readonly missed: string;
}

/** Milliseconds after which what failed is tried again. */
const pause = 1_000;

/**
 * Until aborted. Resolves when all that there was has been heard; rejects where that failed at first, and is tried again all the same.
 */
export function keepUp(
  { store, clock, log }: KeepUpParts,
  { prefix, since, hear, missed }: Wanted,
  signal: AbortSignal,
): Promise<void> {
  const first = Promise.withResolvers<void>();
  // Who does not wait for it is not ended by it.
  first.promise.catch(() => undefined);
  void untilAborted();
  return first.promise;

  async function untilAborted(): Promise<void> {
    let from = since;
    if (from) first.resolve();
    while (!signal.aborted) {
      try {
        for await (const told of follow(store, prefix, signal, from)) {
          await hear(told);
          first.resolve();
        }
      } catch (error) {
        if (signal.aborted) break;
        first.reject(error);
        // Whoever keeps this host's place in the cluster says that.
        log[hasCode(error, "store.unavailable") ? "debug" : "warn"]({ err: error, prefix }, missed);
        from = undefined;
        await clock.sleep(pause, signal).catch(() => undefined);
      }
    }
    first.resolve();
  }
}
