/** Tells services that keep something of shared records in mind when another host of the cluster has changed them. */
import type { Clock } from "#base/clock";
import type { Log } from "#base/log";
import { follow } from "#durable/store/follow";
import type { Store } from "#durable/store/store";

export interface SharedChangesParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** Called after something below the prefix has changed, one after the other; also by this host itself. */
  readonly told: Readonly<Record<string, () => void | Promise<void>>>;
}

/** Milliseconds until a store that failed is tried again. */
const pause = 1_000;

/** Until aborted. */
export function followSharedChanges(
  { store, clock, log, told }: SharedChangesParts,
  signal: AbortSignal,
): void {
  for (const [prefix, tell] of Object.entries(told)) void keepUp(prefix, tell);

  async function keepUp(prefix: string, tell: () => void | Promise<void>): Promise<void> {
    while (!signal.aborted) {
      try {
        for await (const _ of follow(store, prefix, signal)) await tell();
      } catch (error) {
        if (signal.aborted) return;
        log.warn({ err: error, prefix }, "what other hosts change is not heard at the moment");
        await clock.sleep(pause, signal).catch(() => undefined);
      }
    }
  }
}
