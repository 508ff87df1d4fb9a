/** Whether guests may be made and started: not while the daemon shuts down with its guests. */
import { LodgeError } from "#contract/errors";

export class Admittance {
  #closed = new AbortController();

  /** Aborted while nothing is admitted. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  admit(open: boolean): void {
    if (!open) this.#closed.abort();
    else if (this.#closed.signal.aborted) this.#closed = new AbortController();
  }

  /** @throws LodgeError api.stopping */
  admitted<A extends unknown[], R>(begin: (...args: A) => Promise<R>): (...args: A) => Promise<R> {
    return async (...args) => {
      if (this.closed.aborted) throw new LodgeError("api.stopping");
      return begin(...args);
    };
  }
}
