/** Keeps logs short that guests can fill: looks at them again and again, and takes away the beginning of one that is too large. */
import type { Clock } from "#base/clock";
import type { Log } from "#base/log";
import { cutLog } from "#hypervisor/host/log-file";

export interface KeepLogsParts {
  /** The files, as they are now. */
  readonly logs: () => readonly string[];
  readonly clock: Pick<Clock, "sleep">;
  readonly log: Log;
}

/** Milliseconds between two looks. A guest without KVM said 0.8 MB in a second by its serial port, at the most. */
const every = 2000;

/** One log after another, so that a host full of talkative guests is not busy with all of them at once. */
export async function cutLogs({ logs, log }: Omit<KeepLogsParts, "clock">): Promise<void> {
  for (const path of logs()) {
    try {
      const how = await cutLog(path);
      if (how !== undefined) log.debug({ path, how }, "a log had become too large");
    } catch (error) {
      log.warn({ err: error, path }, "a log that is too large could not be cut");
    }
  }
}

/** Looks until aborted. */
export function watchLogs(parts: KeepLogsParts): AbortController {
  const stop = new AbortController();
  void (async () => {
    while (!stop.signal.aborted) {
      await parts.clock.sleep(every, stop.signal).catch(() => undefined);
      if (!stop.signal.aborted) await cutLogs(parts);
    }
  })();
  return stop;
}
