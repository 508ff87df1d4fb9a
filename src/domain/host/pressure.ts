/**
 * Which guests to suspend to disk when the host runs out of memory, before its kernel kills any. A pure
 * decision; whoever watches the host acts on it, and has freed before what templates hold for nobody, and what
 * guests with a balloon can do without.
 *
 *   available ≥ low                 nothing happens
 *   low > available                 guests are suspended, one after another, until `high` would be reached
 *
 * The order is stated, so that an owner can foresee it: first by the label `lodge/priority` (low, normal,
 * high), then forks before booted guests (a fork comes back soonest), then those that have done nothing for
 * a minute, then the one that holds most. A guest labelled `lodge/priority=keep` is never suspended.
 */

export const priorityLabel = "lodge/priority";

export interface PressureSettings {
  /** Bytes available below which guests are suspended. */
  readonly low: number;
  /** Bytes available at which it is enough. */
  readonly high: number;
}

const mebibyte = 1024 * 1024;

/** The default for a host of this size: 3 % of it but at least 192 MiB is low; twice that is enough. */
export function defaultPressure(total: number): PressureSettings {
  const low = Math.max(total * 0.03, 192 * mebibyte);
  return { low, high: low * 2 };
}

export interface Candidate {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly how: "boot" | "fork";
  /** Bytes it holds alone: what suspending it frees. */
  readonly held: number;
  /** Bytes its saved state takes on disk at most: its memory. */
  readonly memory: number;
  /** Milliseconds since its processors last had work. */
  readonly idle: number;
}

const ranks: Readonly<Record<string, number>> = { low: 0, normal: 1, high: 2 };
const idleAfter = 60_000;

const rank = (guest: Candidate): number => ranks[guest.labels[priorityLabel] ?? "normal"] ?? 1;

const order = (a: Candidate, b: Candidate): number =>
  rank(a) - rank(b) ||
  Number(b.how === "fork") - Number(a.how === "fork") ||
  Number(b.idle >= idleAfter) - Number(a.idle >= idleAfter) ||
  b.held - a.held ||
  a.id.localeCompare(b.id);

/** Those of which something may be taken, in the order in which it is. */
export const inOrder = (guests: readonly Candidate[]): string[] =>
  guests
    .filter(({ labels }) => labels[priorityLabel] !== "keep")
    .toSorted(order)
    .map(({ id }) => id);

/**
 * The guests to suspend, in this order. Pass only guests whose state allows it. One whose memory does not
 * fit into the disk's free bytes is passed over, and so is one that would free nothing.
 */
export function underPressure(
  host: { readonly available: number; readonly diskFree: number },
  guests: readonly Candidate[],
  settings: PressureSettings,
): string[] {
  if (host.available >= settings.low) return [];
  const chosen: string[] = [];
  let { available, diskFree } = host;
  for (const guest of guests.toSorted(order)) {
    if (available >= settings.high) break;
    if (guest.labels[priorityLabel] === "keep" || guest.held === 0 || guest.memory > diskFree) continue;
    chosen.push(guest.id);
    available += guest.held;
    diskFree -= guest.memory;
  }
  return chosen;
}
