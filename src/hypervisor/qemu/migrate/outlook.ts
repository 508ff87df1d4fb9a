/**
 * What can be said of a machine's memory that is on its way: how much is left, and when it will be through. Pure.
 *
 * While the machine runs it writes; what it wrote is sent again, pass after pass, until what is left fits into the time
 * for which it may stand still. Where it writes faster than can be sent, no pass gets it any further.
 */
import type { MigrationInfo } from "../migrate.ts";

export interface Sending {
  /** Bytes of its memory. */
  readonly total: number;
  /** Bytes that are still to be sent, as far as is known now. */
  readonly remaining: number;
  /** Bytes that went over the wire. */
  readonly transferred: number;
  /** Bytes a second that are sent; 0 where that is not known yet. */
  readonly rate: number;
  /** Bytes a second that the machine writes to other pages; 0 where that is not known yet. */
  readonly dirtyRate: number;
  /** How often all that was written has been sent, from 1. */
  readonly pass: number;
  /** Of a hundred, by which its processors are slowed down. */
  readonly throttle: number;
}

export type Outlook =
  /** Too early to say. */
  | { readonly kind: "unknown" }
  | { readonly kind: "ends"; readonly seconds: number }
  /** After this pass it stands still for what it wrote meanwhile, which nobody knows before: milliseconds, if that was all of it. */
  | { readonly kind: "stands-still"; readonly seconds: number; readonly most: number }
  /** At this rate it never does. `needed`: bytes a second that would do, or milliseconds that it would have to stand still. */
  | { readonly kind: "does-not-converge"; readonly rate: number; readonly downtime: number };

/** What QEMU says of a migration. `elapsed`: seconds since it began, by which its speed is known in its first pass. */
export function sendingOf(info: MigrationInfo, elapsed: number): Sending | undefined {
  const { ram } = info;
  if (!ram || ram.total === 0) return undefined;
  const measured = ((ram.mbps ?? 0) * 1e6) / 8;
  return {
    total: ram.total,
    remaining: ram.remaining,
    transferred: ram.transferred,
    rate: measured > 0 ? measured : elapsed > 0 ? ram.transferred / elapsed : 0,
    dirtyRate: (ram["dirty-pages-rate"] ?? 0) * (ram["page-size"] ?? 4096),
    pass: Math.max(1, ram["dirty-sync-count"]),
    throttle: info["cpu-throttle-percentage"] ?? 0,
  };
}

/**
 * @param downtime milliseconds for which it may stand still
 * @param onePass it stands still after the first pass, however much is left (a machine without KVM)
 */
export function outlook(sending: Sending, downtime: number, onePass = false): Outlook {
  const { remaining, rate, dirtyRate } = sending;
  if (rate <= 0) return { kind: "unknown" };
  if (onePass) {
    const [seconds, most] = [remaining / rate, Math.ceil((sending.total / rate) * 1000)];
    // Since the second time that stock was taken it stands still.
    return sending.pass > 1 || most <= downtime
      ? { kind: "ends", seconds }
      : { kind: "stands-still", seconds, most };
  }
  const fits = (rate * downtime) / 1000;
  if (remaining <= fits) return { kind: "ends", seconds: remaining / rate };
  if (dirtyRate >= rate)
    return { kind: "does-not-converge", rate: dirtyRate, downtime: Math.ceil((remaining / rate) * 1000) };
  // Each pass takes as long as what is left needs, in which a share of it is written again.
  const share = dirtyRate / rate;
  let [left, seconds] = [remaining, 0];
  for (let pass = 0; left > fits && pass < 1000; pass++) {
    seconds += left / rate;
    left *= share;
  }
  return { kind: "ends", seconds: seconds + left / rate };
}
