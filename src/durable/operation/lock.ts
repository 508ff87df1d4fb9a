/**
 * Exclusive locks on targets ("guest:g0123456789"), by name. Whoever wants several gets all at once or
 * waits for all, so that no two can wait for each other. First come, first served: nobody overtakes one
 * who waits for the same target.
 *
 * Locks live in memory only. What holds them after a restart is each operation that still runs.
 */

export type Release = () => void;

interface Waiter {
  readonly targets: readonly string[];
  readonly holder: string;
  grant(): void;
}

export class LockTable {
  readonly #holders = new Map<string, string>();
  #waiting: Waiter[] = [];

  /** All who stand in the way of these targets: holders, and those who wait for them already. */
  blockers(targets: readonly string[]): { target: string; holder: string }[] {
    return targets.flatMap((target) => {
      const holder = this.#holders.get(target);
      const waiters = this.#waiting.filter((other) => other.targets.includes(target));
      const names = waiters.map((waiter) => waiter.holder);
      return (holder === undefined ? names : [holder, ...names]).map((name) => ({ target, holder: name }));
    });
  }

  /** The first of them. */
  blocker(targets: readonly string[]): { target: string; holder: string } | undefined {
    return this.blockers(targets)[0];
  }

  tryAcquire(targets: readonly string[], holder: string): Release | undefined {
    return this.blocker(targets) ? undefined : this.#take(targets, holder);
  }

  /** Waits in line. Rejects with the signal's reason when aborted. */
  acquire(targets: readonly string[], holder: string, signal: AbortSignal): Promise<Release> {
    const release = this.tryAcquire(targets, holder);
    if (release) return Promise.resolve(release);
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#waiting = this.#waiting.filter((other) => other !== waiter);
        this.#serve();
        reject(signal.reason);
      };
      const grant = () => {
        signal.removeEventListener("abort", onAbort);
        resolve(this.#take(targets, holder));
      };
      const waiter = { targets, holder, grant };
      if (signal.aborted) return reject(signal.reason);
      signal.addEventListener("abort", onAbort, { once: true });
      this.#waiting.push(waiter);
    });
  }

  #take(targets: readonly string[], holder: string): Release {
    for (const target of targets) this.#holders.set(target, holder);
    let released = false;
    return () => {
      if (released) return;
      released = true;
      for (const target of targets) this.#holders.delete(target);
      this.#serve();
    };
  }

  /** Grants, in their order, those who wait for nothing that is held or wanted by one before them. */
  #serve(): void {
    const wanted = new Set<string>();
    const served: Waiter[] = [];
    for (const waiter of this.#waiting) {
      const free = waiter.targets.every((target) => !this.#holders.has(target) && !wanted.has(target));
      if (free) {
        served.push(waiter);
        waiter.grant();
      } else {
        for (const target of waiter.targets) wanted.add(target);
      }
    }
    this.#waiting = this.#waiting.filter((waiter) => !served.includes(waiter));
  }
}
