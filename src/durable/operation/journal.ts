/** Writes one operation's record, in order, and no more often than it must. */
import type { Clock } from "#base/clock";
import type { Log } from "#base/log";
import { SerialQueue } from "#base/queue";
import { hasCode } from "#contract/errors";
import type { Store, Transaction } from "../store/store.ts";
import type { StepProgress } from "./define.ts";
import type { Halt } from "./halt.ts";
import { operationKey, type OperationRecord } from "./record.ts";

/** Milliseconds for which progress is gathered before it is written. */
const progressPause = 200;

/** Milliseconds between two questions to a store that does not say how a write ended. */
const outcomePause = 500;

export interface JournalParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly halt: Halt;
}

export type RecordPatch = Partial<OperationRecord>;

export class Journal {
  readonly #parts: JournalParts;
  readonly #queue = new SerialQueue();
  readonly #closed = new AbortController();
  #record: OperationRecord;
  #written: OperationRecord;
  #nextWrite = Promise.withResolvers<void>();
  /** No two writes have the same, whatever becomes of them: by it one is known again. */
  #sequence: number;
  #writingSoon = false;

  constructor(parts: JournalParts, record: OperationRecord) {
    this.#parts = parts;
    this.#record = record;
    this.#written = record;
    this.#sequence = record.sequence;
  }

  get record(): OperationRecord {
    return this.#record;
  }

  /** As the store has it. */
  get written(): OperationRecord {
    return this.#written;
  }

  /** Resolves when it has been written once more. */
  get nextWrite(): Promise<void> {
    return this.#nextWrite.promise;
  }

  /**
   * Changes the record durably, together with `changes`: both or neither.
   *
   * @throws LodgeError what the store's `transact` throws; then the record is as it was.
   */
  write(patch: (record: OperationRecord) => RecordPatch, changes: Transaction = {}): Promise<void> {
    return this.#queue.run(() => this.#writeNow(patch, changes));
  }

  /**
   * `write`, and certain: while the store does not say whether the change was made, this waits. What is undone by mistake
   * cannot be made good.
   */
  commit(patch: (record: OperationRecord) => RecordPatch, changes: Transaction = {}): Promise<void> {
    return this.#queue.run(() =>
      this.#writeNow(patch, changes, (error, value) => this.#requireMade(error, value)),
    );
  }

  /** Of the first write, which failed: was it made after all? Waits until the store says. */
  isMade(error: unknown): Promise<boolean> {
    return this.#queue.run(async () => {
      const made = { ...this.#record, sequence: this.#sequence };
      try {
        await this.#requireMade(error, made);
      } catch {
        return false;
      }
      this.#record = made;
      this.#tell(made);
      return true;
    });
  }

  /** Changes the record without waiting for the disk; it is written soon, or by the next `write`. */
  remember(patch: RecordPatch): void {
    this.#record = { ...this.#record, ...patch };
    if (this.#writingSoon) return;
    this.#writingSoon = true;
    void this.#writeSoon();
  }

  progress(progress: StepProgress): void {
    this.remember({ progress: { ...this.#record.progress, ...progress } });
  }

  /** Nothing will be written soon any more. */
  close(): void {
    this.#closed.abort();
  }

  async #writeNow(
    patch: (record: OperationRecord) => RecordPatch,
    changes: Transaction,
    otherwise: (error: unknown, value: OperationRecord) => Promise<void> = fail,
  ): Promise<void> {
    await this.#parts.halt.pass();
    const changed = { ...patch(this.#record), sequence: ++this.#sequence };
    const value = { ...this.#record, ...changed };
    const put = [...(changes.put ?? []), { key: operationKey(value.id), value }];
    await this.#parts.store.transact({ ...changes, put }).catch((error: unknown) => otherwise(error, value));
    this.#tell(value);
    await this.#parts.halt.pass();
    // Progress may have come in the meantime: only what was changed here is taken over.
    this.#record = { ...this.#record, ...changed };
  }

  #tell(written: OperationRecord): void {
    this.#written = written;
    this.#nextWrite.resolve();
    this.#nextWrite = Promise.withResolvers();
  }

  /** @throws the error of a write that was not made */
  async #requireMade(error: unknown, { id, kind, sequence }: OperationRecord): Promise<void> {
    if (!hasCode(error, "store.unsettled")) throw error;
    const { store, clock, log, halt } = this.#parts;
    log.warn(
      { err: error, operation: id, kind },
      "the operation waits until the store says how its change ended",
    );
    for (;;) {
      await clock.sleep(outcomePause, halt.signal).catch(() => halt.pass());
      const found = await store.get(operationKey(id)).catch((failure: unknown) => {
        if (!hasCode(failure, "store.unavailable")) throw failure;
        return "nobody says" as const;
      });
      if (found === "nobody says") continue;
      if ((found?.value as OperationRecord | undefined)?.sequence === sequence) return;
      throw error;
    }
  }

  async #writeSoon(): Promise<void> {
    const { clock, log, halt } = this.#parts;
    try {
      await clock.sleep(progressPause, AbortSignal.any([this.#closed.signal, halt.signal]));
      this.#writingSoon = false;
      await this.#queue.run(async () => {
        if (this.#record.endedAt === undefined) await this.#writeNow(() => ({}), {});
      });
    } catch (error) {
      const stopped = this.#closed.signal.aborted || halt.signal.aborted;
      if (!stopped) log.warn({ err: error, operation: this.#record.id }, "progress could not be written");
    }
  }
}

const fail = (error: unknown): Promise<never> => Promise.reject(error);
