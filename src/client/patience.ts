import { hasCode } from "#contract/errors";

/** How long a daemon may be away, in milliseconds: it takes some seconds to start again. */
export const usualPatience = 20_000;

const pause = 250;

/** Is this error one that a daemon's restart explains? */
export const isAway = (error: unknown): boolean =>
  hasCode(error, "api.daemon_unreachable", "api.daemon_lost", "api.stopping");

/**
 * Calls `attempt` until it succeeds, and again while the daemon is away for less than `limit` ms.
 * Any other error, and the last one when the time is up, is thrown.
 */
export async function withPatience<T>(
  attempt: () => Promise<T>,
  limit: number,
  signal: AbortSignal | undefined,
): Promise<T> {
  const end = performance.now() + limit;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!isAway(error) || performance.now() + pause > end) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
    signal?.throwIfAborted();
  }
}
