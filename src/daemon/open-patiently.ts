/**
 * A daemon that finds its cluster without a quorum waits for one: after a power cut the hosts come back at different times.
 * Its guests run on meanwhile, and whoever asks it is told what it waits for.
 */
import { asLodgeError, hasCode } from "#contract/errors";
import type { Clock } from "#base/clock";
import type { Log } from "#base/log";
import { answerWith } from "#server/closed-door";

export interface PatienceParts {
  /** The daemon's socket. */
  readonly socket: string;
  readonly clock: Pick<Clock, "sleep">;
  readonly log: Log;
}

/** Milliseconds between two tries. */
const pause = 1_000;

/** Tries again as long as what fails is that the store cannot be reached. @throws what else it fails with */
export async function openPatiently<T>(open: () => Promise<T>, parts: PatienceParts): Promise<T> {
  const { socket, clock, log } = parts;
  let close: (() => Promise<void>) | undefined;
  try {
    for (;;) {
      try {
        return await open();
      } catch (error) {
        if (!hasCode(error, "store.unavailable")) throw error;
        if (!close) log.warn({ err: error }, "waiting for the cluster's store; guests run on");
        close ??= await answerWith(asLodgeError(error), socket);
        await clock.sleep(pause);
      }
    }
  } finally {
    await close?.();
  }
}
