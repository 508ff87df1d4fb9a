/**
 * Did a guest run twice at once, and is all on its disk that it was told is there? Pure.
 *
 * Guests append: each record follows the one that the guest read or wrote before. So whatever a guest acknowledged is one line of
 * records, on its disk from the first to the last. Two of it at once cannot keep that up, whether on two copies of the
 * disk or on the same: both write the record that follows the last they have in common.
 */
import type { Acknowledged, Disk, Entry, Violation } from "./history.ts";

const told = ({ seq, nonce, boot }: Entry): string => `record ${seq} (${nonce}, start ${boot})`;

/** Of one guest. `disk` is left out where the guest was deleted, and the disk with it. */
export function checkWrites(
  guest: string,
  acknowledged: readonly Acknowledged[],
  disk: Disk | undefined,
): Violation[] {
  return [
    ...twice(acknowledged),
    ...returned(acknowledged),
    ...(disk === undefined ? [] : [...broken(disk.entries), ...missing(acknowledged, disk)]),
  ].map((violation) => ({ ...violation, guest }));
}

/** Two records of one number, or two that follow the same one. */
function twice(acknowledged: readonly Acknowledged[]): Violation[] {
  const bySeq = new Map<number, Acknowledged>();
  const byPrev = new Map<string, Acknowledged>();
  const violations: Violation[] = [];
  for (const one of acknowledged) {
    const same = bySeq.get(one.seq);
    const follows = byPrev.get(one.prev);
    const other = same ?? follows;
    bySeq.set(one.seq, same ?? one);
    byPrev.set(one.prev, follows ?? one);
    // The same line may be read twice: from a log, and from what a later host has of it.
    if (other === undefined || (other.nonce === one.nonce && other.seq === one.seq)) continue;
    const words = `${told(other)} on ${other.host} and ${told(one)} on ${one.host} both follow ${one.prev}`;
    violations.push({ rule: "ran twice", words: same ? `${words}; both have one number` : words });
  }
  return violations.slice(0, 3);
}

/** A start's records are all before the next start's: whoever writes again after another did was running meanwhile. */
function returned(acknowledged: readonly Acknowledged[]): Violation[] {
  const over = new Set<string>();
  let now: Acknowledged | undefined;
  for (const one of acknowledged.toSorted((a, b) => a.seq - b.seq)) {
    if (now && one.boot !== now.boot) over.add(now.boot);
    now = one;
    if (!over.has(one.boot)) continue;
    return [{ rule: "ran twice", words: `${told(one)} on ${one.host} came after a later start had written` }];
  }
  return [];
}

/** Each record on the disk follows the one before. */
function broken(disk: readonly Entry[]): Violation[] {
  for (const [at, one] of disk.entries()) {
    if (one.seq !== at)
      return [{ rule: "disk has a hole", words: `in the place of record ${at} is ${told(one)}` }];
    if (at > 0 && one.prev !== disk[at - 1]!.nonce)
      return [{ rule: "disk is of two", words: `${told(one)} does not follow ${told(disk[at - 1]!)}` }];
  }
  return [];
}

function missing(acknowledged: readonly Acknowledged[], { at, entries: disk }: Disk): Violation[] {
  const lost = acknowledged.filter((one) => one.at <= at && disk[one.seq]?.nonce !== one.nonce);
  const [first] = lost;
  if (!first) return [];
  const there = disk[first.seq];
  const words = `${lost.length} that were acknowledged, the first ${told(first)} on ${first.host}; there is ${there ? told(there) : "nothing"}`;
  return [{ rule: "write lost", words }];
}
