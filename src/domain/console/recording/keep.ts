/** Which recordings are too old, or too many. Pure. */
import type { Recording } from "#contract/schema/recording";

export interface Keep {
  /** Milliseconds after its end. */
  readonly longest: number;
  /** Bytes of all that have ended. */
  readonly most: number;
}

export const usualKeep: Keep = { longest: 30 * 24 * 3_600_000, most: 20 * 1024 ** 3 };

/** Ids of those that are to go, of those that have ended: the too old, then the oldest until the rest fits. */
export function outlived(recordings: readonly Recording[], now: number, { longest, most }: Keep): string[] {
  const ended = recordings
    .filter(({ state }) => state === "ended")
    .map((one) => ({ id: one.id, size: one.size, at: Date.parse(one.endedAt ?? one.startedAt) }))
    .toSorted((a, b) => b.at - a.at);
  let total = 0;
  return ended
    .filter(({ size, at }) => {
      total += size;
      return now - at > longest || total > most;
    })
    .map(({ id }) => id);
}
