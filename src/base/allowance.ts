/**
 * How many bytes a guest may say for now. Pure. What it says is read and understood in the daemon, so one that never stops
 * would take a processor from all others; it is not listened to for a while instead.
 */

/** Bytes at once: a copied picture, which is passed over, and something more. */
const most = 16 * 1024 * 1024;
/** Bytes a millisecond: 4 MiB a second. */
const rate = 4194;

export class Allowance {
  #left = most;
  #at: number;

  constructor(now: number) {
    this.#at = now;
  }

  /** Takes so many bytes; returns the milliseconds for which no more should be read. */
  take(now: number, bytes: number): number {
    this.#left = Math.min(most, this.#left + Math.max(0, now - this.#at) * rate) - bytes;
    this.#at = now;
    return this.#left >= 0 ? 0 : Math.ceil(-this.#left / rate);
  }
}
