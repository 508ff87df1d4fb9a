import type { Clock } from "#base/clock";

export interface DeadlineOptions {
  readonly clock: Clock;
  /** Milliseconds; 0 waits without limit. */
  readonly timeout: number;
  readonly signal?: AbortSignal | undefined;
  /** What is thrown when the time is up. */
  readonly late: () => Error;
}

/** The promise's outcome, or `late()` when the time is up, or the signal's reason when aborted. */
export async function withDeadline<T>(promise: Promise<T>, options: DeadlineOptions): Promise<T> {
  const { signal } = options;
  signal?.throwIfAborted();
  const stop = new AbortController();
  const limit = Promise.withResolvers<never>();
  const onAbort = () => limit.reject(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  if (options.timeout > 0) {
    options.clock.sleep(options.timeout, stop.signal).then(
      () => limit.reject(options.late()),
      () => undefined,
    );
  }
  try {
    return await Promise.race([promise, limit.promise]);
  } finally {
    stop.abort();
    signal?.removeEventListener("abort", onAbort);
  }
}
