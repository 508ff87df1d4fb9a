/** Runs one operation: forward step by step, and back where it must. */
import { asLodgeError, hasCode, LodgeError } from "#contract/errors";
import type { Operation } from "#contract/operation";
import type { Transaction } from "../store/store.ts";
import type { AnyOperation, Step, StepContext } from "./define.ts";
import { inject, type Moment } from "./inject.ts";
import { Journal, type RecordPatch } from "./journal.ts";
import { type OperationRecord, toOperation } from "./record.ts";
import type { RunParts } from "./run-parts.ts";
import { unwind } from "./unwind.ts";

type AnyStep = Step<unknown, object>;

/** Milliseconds between two tries of what could not be written. */
const laterPause = 1000;

export class Run {
  readonly definition: AnyOperation;
  readonly parts: RunParts;
  readonly journal: Journal;
  /** Was it begun by an engine that is no more? Then its record may be behind what was done. */
  readonly recovered: boolean;
  readonly #cancelling = new AbortController();
  /** Set before the write that makes it so, because a cancel may come while that is under way. */
  #beyondCancel: boolean;
  /** How it ended, once it did. */
  #ending: RecordPatch | undefined;

  constructor(definition: AnyOperation, parts: RunParts, record: OperationRecord, recovered = false) {
    this.definition = definition;
    this.parts = parts;
    this.recovered = recovered;
    this.journal = new Journal(parts, record);
    this.#beyondCancel = record.committed;
    if (record.cancelRequested) this.#cancelling.abort(new LodgeError("operation.cancelled"));
  }

  get record(): OperationRecord {
    return this.journal.record;
  }

  get cancelled(): boolean {
    return this.#cancelling.signal.aborted;
  }

  /** Aborted by a cancel and by the engine's halt. */
  get signal(): AbortSignal {
    return AbortSignal.any([this.#cancelling.signal, this.parts.halt.signal]);
  }

  /** @param detail why, in words. @throws LodgeError operation.not_cancellable. */
  async cancel(detail?: string): Promise<void> {
    const { id, status } = this.record;
    if (status === "undoing" || this.cancelled) return;
    if (this.#beyondCancel) throw new LodgeError("operation.not_cancellable", { operation: id });
    this.#cancelling.abort(new LodgeError("operation.cancelled", {}, { detail }));
    await this.journal.write(() => ({ cancelRequested: true }));
  }

  /** Goes on from where the record says, to an end. Fails only where not even that can be written. */
  async forward(): Promise<Operation> {
    try {
      const { steps } = this.definition;
      const first = this.record.stepsDone.length;
      for (const [i, step] of steps.entries()) {
        if (i >= first) await this.#runStep(step, steps[i + 1]);
      }
      if (first >= steps.length) await this.#succeed(() => ({}));
      return this.#ended();
    } catch (error) {
      await this.parts.halt.pass();
      if (this.record.committed) return this.#giveUp(error);
      return this.back(this.cancelled ? this.#cancelling.signal.reason : error);
    }
  }

  /** Undoes what the record says was done, because of the error. */
  async back(error: unknown): Promise<Operation> {
    await unwind(this, asLodgeError(error));
    return this.#ended();
  }

  /** The end of the operation, to be written; what only a running one needs is dropped unless it is stuck. */
  end(patch: RecordPatch): RecordPatch {
    const ended = { ...patch, cancellable: false, endedAt: new Date(this.parts.clock.now()).toISOString() };
    this.#ending = patch.stuck ? ended : { ...ended, stuck: false, input: null, state: {} };
    return this.#ending;
  }

  /**
   * Writes the end that could not be written when it came, as soon as that can be. Nothing else may have its targets before: by its
   * record it runs, and the next start of the daemon would go on with it, whatever came after it. Stuck where it did not come to an end.
   */
  async endLater(error: unknown): Promise<void> {
    const { clock, halt, log } = this.parts;
    const problem = asLodgeError(error).toProblem();
    const ending = this.#ending ?? this.end({ status: "failed", error: problem, stuck: true });
    for (;;) {
      await clock.sleep(laterPause, halt.signal).catch(() => undefined);
      await halt.pass();
      try {
        return await this.journal.write(() => ending);
      } catch (failure) {
        log.warn({ err: failure, operation: this.record.id }, "an operation's end cannot be written yet");
      }
    }
  }

  context(step: AnyStep, signal: AbortSignal): StepContext<unknown, object> {
    const { journal, parts } = this;
    const { id, kind, input } = this.record;
    return {
      operationId: id,
      input,
      get state() {
        return journal.record.state;
      },
      signal,
      log: parts.log.child({ operation: id, kind, step: step.name }),
      progress: (progress) => journal.progress(progress),
      save: (patch, changes) =>
        this.#saved(step, () =>
          this.journal.write((record) => ({ state: { ...record.state, ...patch } }), changes),
        ),
      commit: (changes) => this.#commit(step, changes),
    };
  }

  at(step: AnyStep, moment: Moment): Promise<void> {
    const { injector, halt } = this.parts;
    const { id, committed } = this.record;
    return inject(injector, halt, { operationId: id, step: step.name, moment, committed });
  }

  /**
   * Tries until it succeeds or the pauses are used up; then throws the last error. `waits`: as long as it is the store that does not
   * answer, it goes on trying: a guest may stand still for what is tried, and nothing else can be done with it either.
   */
  async insist<T>(what: string, attempt: () => Promise<T>, { waits = false } = {}): Promise<T> {
    const { pauses, clock, log, halt } = this.parts;
    for (let tried = 0; ; tried++) {
      try {
        return await attempt();
      } catch (error) {
        await halt.pass();
        const pause =
          pauses[tried] ?? (waits && hasCode(error, "store.unavailable") ? pauses.at(-1) : undefined);
        if (pause === undefined) throw error;
        log.warn(
          { err: error, operation: this.record.id, kind: this.record.kind },
          `${what} failed; trying again`,
        );
        await clock.sleep(pause);
      }
    }
  }

  async #runStep(step: AnyStep, next: AnyStep | undefined): Promise<void> {
    this.#throwIfCancelled();
    const signal = step.cancellable === false ? this.parts.halt.signal : this.signal;
    const act = async () => {
      await this.at(step, "before do");
      const patch = await step.do(this.context(step, signal));
      await this.at(step, "after do");
      return patch ?? {};
    };
    const patch = await act().catch(async (error: unknown) => {
      await this.parts.halt.pass();
      if (!this.record.committed) throw error;
      return this.insist(`step '${step.name}'`, act, { waits: true });
    });
    await this.parts.halt.pass();
    await this.#stepDone(step, next, patch);
  }

  /** One write says that a step is done and that the next begins, or that all is done. */
  async #stepDone(step: AnyStep, next: AnyStep | undefined, patch: object): Promise<void> {
    const commits = step.commitPoint === true && !this.record.committed;
    const change = (record: OperationRecord): RecordPatch => ({
      stepsDone: [...record.stepsDone, step.name],
      state: { ...record.state, ...patch },
      ...(commits ? { committed: true, cancellable: false } : {}),
    });
    if (!next) return this.#succeed(change);
    const begin = (record: OperationRecord) => ({ ...change(record), step: next.name });
    if (commits) return this.#beyondCancelBy(() => this.journal.commit(begin));
    if (this.definition.journal === "ends") this.journal.remember(begin(this.record));
    else await this.journal.write(begin);
  }

  #succeed(change: (record: OperationRecord) => RecordPatch): Promise<void> {
    const { definition } = this;
    return this.#beyondCancelBy(() =>
      this.journal.commit((record) => {
        const patch = change(record);
        const { input, state } = { ...record, ...patch };
        const result = definition.result?.({ input, state });
        const progress = { ...record.progress, fraction: 1 };
        return { ...patch, ...this.end({ status: "succeeded", progress, result }) };
      }),
    );
  }

  async #saved(step: AnyStep, write: () => Promise<void>): Promise<void> {
    await this.at(step, "before save");
    await write();
    await this.at(step, "after save");
  }

  async #commit(step: AnyStep, changes: Transaction | undefined): Promise<void> {
    if (!step.commitPoint) throw new TypeError(`step '${step.name}' is no commit point`);
    if (this.record.committed) return;
    const change = () => ({ committed: true, cancellable: false });
    await this.#beyondCancelBy(() => this.#saved(step, () => this.journal.commit(change, changes)));
  }

  async #beyondCancelBy(write: () => Promise<void>): Promise<void> {
    this.#throwIfCancelled();
    this.#beyondCancel = true;
    try {
      await write();
    } finally {
      this.#beyondCancel = this.record.committed || this.record.status === "succeeded";
    }
  }

  #throwIfCancelled(): void {
    if (!this.record.committed) this.#cancelling.signal.throwIfAborted();
  }

  /** Past the point of no return there is only forward, and forward did not work: the next start tries again. */
  async #giveUp(error: unknown): Promise<Operation> {
    const problem = asLodgeError(error).toProblem();
    await this.insist("the end", () =>
      this.journal.write(() => this.end({ status: "failed", error: problem, stuck: true })),
    );
    return this.#ended();
  }

  #ended(): Operation {
    this.journal.close();
    return toOperation(this.record);
  }
}
