import type { Clock } from "./clock.ts";

export interface RetryOptions {
  clock: Clock;
  signal?: AbortSignal | undefined;
  /** Milliseconds between the first two tries; grows by half each time up to `longest`. */
  first: number;
  longest: number;
  /** Milliseconds after which the last failure is thrown. */
  timeout: number;
  /** Should this failure be tried again? Default: yes. */
  again?: (error: unknown) => boolean;
}

/** Calls `attempt` until it succeeds, is aborted, or the time is up (then its last error is thrown). */
export async function retry<T>(attempt: () => Promise<T>, options: RetryOptions): Promise<T> {
  const end = options.clock.monotonic() + options.timeout;
  for (let pause = options.first; ; pause = Math.min(pause * 1.5, options.longest)) {
    options.signal?.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      if (options.again?.(error) === false || options.clock.monotonic() + pause > end) throw error;
    }
    await options.clock.sleep(pause, options.signal);
  }
}
