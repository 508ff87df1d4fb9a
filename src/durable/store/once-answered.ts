/** What one has to have of a store in order to go on: tried again as long as the store does not answer. */
import { setTimeout as delay } from "node:timers/promises";
import { hasCode } from "#contract/errors";

/** Milliseconds between two tries. */
const pause = 500;

/** @throws what else it fails with; the signal's reason when that is aborted */
export async function onceAnswered<T>(read: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (;;) {
    try {
      return await read();
    } catch (error) {
      signal.throwIfAborted();
      if (!hasCode(error, "store.unavailable")) throw error;
    }
    await delay(pause, undefined, { signal });
  }
}
