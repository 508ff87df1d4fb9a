import { LodgeError } from "#contract/errors";

/**
 * Stops an engine where it stands, as a kill would: nothing is undone and nothing more is written. What
 * awaits `pass` afterwards waits for ever.
 */
export class Halt {
  readonly #controller = new AbortController();
  readonly #halted = Promise.withResolvers<void>();

  /** Aborted when the engine halts, so that what a step has started ends with it. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get halted(): Promise<void> {
    return this.#halted.promise;
  }

  halt(): void {
    this.#controller.abort(new LodgeError("operation.interrupted"));
    this.#halted.resolve();
  }

  async pass(): Promise<void> {
    if (this.signal.aborted) await new Promise<never>(() => undefined);
  }
}
