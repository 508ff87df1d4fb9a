/**
 * How fast keys go to QEMU. Pure. A page that types a text for somebody sends all of it at once; QEMU drops what its
 * queue has no room for, and a PS/2 keyboard holds 16 bytes for a guest that is slow to take them. Whoever types by hand is
 * always quicker served than he types.
 */

/** Presses and releases that may come at once. */
const burst = 12;
/** Milliseconds for each further one: fifty letters a second. */
const each = 10;

export class KeyPace {
  #debt = 0;
  #at = 0;

  /** May a key go now? If so, it counts as gone. */
  take(now: number): boolean {
    this.#debt = Math.max(0, this.#debt - Math.max(0, now - this.#at) / each);
    this.#at = now;
    if (this.#debt > burst - 1) return false;
    this.#debt++;
    return true;
  }
}
