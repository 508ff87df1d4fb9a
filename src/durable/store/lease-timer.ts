/** Knows when each lease ends, and says so once. Which keys hang on a lease is the store's business. */
import type { Clock } from "#base/clock";
import { LodgeError } from "#contract/errors";

interface Lease {
  readonly milliseconds: number;
  deadline: number;
}

export class LeaseTimer {
  readonly #clock: Clock;
  readonly #onEnd: (lease: string) => void;
  readonly #leases = new Map<string, Lease>();
  #sleep: AbortController | undefined;

  constructor(clock: Clock, onEnd: (lease: string) => void) {
    this.#clock = clock;
    this.#onEnd = onEnd;
  }

  has(lease: string): boolean {
    return this.#leases.has(lease);
  }

  grant(lease: string, seconds: number): void {
    const milliseconds = seconds * 1000;
    this.#leases.set(lease, { milliseconds, deadline: this.#clock.monotonic() + milliseconds });
    this.#plan();
  }

  keepAlive(lease: string): void {
    const found = this.#leases.get(lease);
    if (!found) throw new LodgeError("store.lease_lost", { lease });
    found.deadline = this.#clock.monotonic() + found.milliseconds;
  }

  /** Forgets a lease without saying that it ended. */
  drop(lease: string): void {
    this.#leases.delete(lease);
  }

  close(): void {
    this.#leases.clear();
    this.#sleep?.abort();
  }

  /** Sleeps until the nearest deadline; a lease kept alive meanwhile only makes it look once more. */
  #plan(): void {
    this.#sleep?.abort();
    if (this.#leases.size === 0) return;
    const sleep = new AbortController();
    this.#sleep = sleep;
    const nearest = Math.min(...[...this.#leases.values()].map((lease) => lease.deadline));
    const pause = Math.max(0, nearest - this.#clock.monotonic());
    this.#clock.sleep(pause, sleep.signal).then(
      () => this.#endDue(),
      () => undefined,
    );
  }

  #endDue(): void {
    const now = this.#clock.monotonic();
    for (const [id, lease] of this.#leases) {
      if (lease.deadline > now) continue;
      this.#leases.delete(id);
      this.#onEnd(id);
    }
    this.#plan();
  }
}
