/** A row while it is measured: it has its time, and what it has kept so far outlives its failure. */
import type { Lodge } from "./lodge.ts";
import type { Machine } from "./machine.ts";
import { rest, type Extent, type Result, type Row } from "./row.ts";

/** Milliseconds that a row may take; one that hangs must not take the others' time. */
const longest = 15 * 60_000;
/** Milliseconds to end in for a row whose time is over, once what it stood on was taken away. */
const grace = 30_000;

export class MeasuredRow {
  readonly row: Row;
  readonly on: Machine;
  kept: Result | undefined;
  #work: Promise<unknown> = Promise.resolve();

  constructor(row: Row, on: Machine) {
    this.row = row;
    this.on = on;
  }

  /** @throws TypeError its time is over; it may be at work still */
  async measure(lodge: Lodge, extent: Extent, say: (line: string) => void): Promise<Result> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => late.reject(new TypeError(`it was not through after ${longest / 60_000} minutes`)),
      longest,
    );
    const work = this.row.measure(lodge, extent, say, (part) => (this.kept = part));
    this.#work = work;
    try {
      return await Promise.race([work, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Resolves when it is at work no more, or does not end. */
  async over(): Promise<void> {
    await Promise.race([this.#work.catch(() => undefined), rest(grace)]);
  }
}
