/** The last changes of a store, for watches that begin with what came after a revision. */
import type { Revision, StoreEvent } from "./store.ts";

export interface NumberedBatch {
  readonly number: number;
  readonly events: readonly StoreEvent[];
}

export class RecentBatches {
  readonly #most: number;
  #batches: NumberedBatch[] = [];
  /** All that came after it is here. */
  #since: Revision = { epoch: "", number: Infinity };

  constructor(most: number) {
    this.#most = most;
  }

  begin(since: Revision): void {
    this.#since = since;
    this.#batches = [];
  }

  add(batch: NumberedBatch): void {
    this.#batches.push(batch);
    // Seldom, and many at a time.
    if (this.#batches.length > 2 * this.#most) this.#drop(this.#batches.length - this.#most);
  }

  /** What came after a revision; undefined: it is not known here any more. */
  after({ epoch, number }: Revision): readonly NumberedBatch[] | undefined {
    if (epoch !== this.#since.epoch || number < this.#since.number) return undefined;
    const index = this.#batches.findLastIndex((batch) => batch.number <= number);
    return this.#batches.slice(index + 1);
  }

  forget(before: number): void {
    if (before > this.#since.number) this.#since = { ...this.#since, number: before };
    this.#batches = this.#batches.filter(({ number }) => number > before);
  }

  #drop(count: number): void {
    const last = this.#batches.splice(0, count).at(-1)!;
    this.#since = { ...this.#since, number: last.number };
  }
}
