/** Which of a guest's snapshots are old enough to go. Pure. */
export interface Aged {
  readonly id: string;
  /** RFC 3339. */
  readonly createdAt: string;
}

export interface PruneRule {
  /** The newest so many stay. */
  readonly keep?: number | undefined;
  /** Seconds: younger ones stay. */
  readonly olderThan?: number | undefined;
}

/**
 * Those that no part of the rule keeps, the oldest first. A rule that says nothing keeps everything.
 *
 * @param now milliseconds since 1970
 */
export function prunable<T extends Aged>(
  snapshots: readonly T[],
  { keep, olderThan }: PruneRule,
  now: number,
): T[] {
  if (keep === undefined && olderThan === undefined) return [];
  const oldestFirst = snapshots.toSorted((a, b) => Date.parse(a.createdAt) - Date.parse(b.createdAt));
  const beyond = oldestFirst.slice(0, Math.max(0, oldestFirst.length - (keep ?? 0)));
  return beyond.filter(({ createdAt }) => now - Date.parse(createdAt) >= (olderThan ?? 0) * 1000);
}
