/**
 * Starts operations and knows those that run.
 *
 *   start ─► lock the targets (or wait in line) ─► write the record ─► answer ┄► run the steps ┄► unlock
 *
 * Exactly one engine works on a store. It must recover before it starts anything.
 */
import type { Clock } from "#base/clock";
import { newId } from "#base/ids";
import type { Log } from "#base/log";
import { asLodgeError, hasCode, LodgeError } from "#contract/errors";
import { hasEnded, type Operation, type OperationStatus } from "#contract/operation";
import type { Store, Transaction } from "../store/store.ts";
import { askedBy, nameOfAsker, putsOfAsker } from "./asker.ts";
import type { OperationDefinition, OperationRegistry } from "./define.ts";
import { Halt } from "./halt.ts";
import type { Injector } from "./inject.ts";
import { LockTable, type Release } from "./lock.ts";
import { prune } from "./prune.ts";
import { operationKey, operationPrefix, type OperationRecord, toOperation } from "./record.ts";
import { planRecovery } from "./recover.ts";
import type { RunParts } from "./run-parts.ts";
import { Run } from "./run.ts";
import { isNews, waitForChange, waitForWrite } from "./wait.ts";

export interface EngineOptions {
  store: Store;
  registry: OperationRegistry;
  clock: Clock;
  log: Log;
  /** Milliseconds before each further try of an undo. Default: 0.2, 1 and 5 seconds. */
  pauses?: readonly number[];
  /** Tests only. */
  injector?: Injector;
}

export interface StartOptions {
  /** What the operation holds exclusively: "guest:g0123456789". */
  targets: readonly string[];
  /** Default: whoever asks. */
  actor?: string;
  /** The project of what it is about; none: the host's. */
  project?: string | undefined;
  /** Default: wait in line. "refuse" throws operation.target_busy. */
  whenBusy?: "queue" | "refuse";
  /**
   * It gives way: to every operation that wants one of its targets and does not yield itself, it is no hindrance
   * and is cancelled for it. Default: false.
   */
  yields?: boolean;
  /** Made in the same transaction that writes the record; on a conflict the operation does not start. */
  changes?: Transaction;
  /** What it keeps a place of until it has ended: told again to whoever gives out places after a crash. */
  claim?: object | undefined;
}

export interface Started {
  readonly operation: Operation;
  /** Resolves when it has ended, in whichever way; never rejects. */
  readonly completion: Promise<Operation>;
  /** Of one that was recovered, where it has one. */
  readonly claim?: object;
}

export interface OperationFilter {
  target?: string;
  status?: OperationStatus;
  kind?: string;
  limit?: number;
}

interface Running {
  readonly run: Run;
  readonly completion: Promise<Operation>;
}

/** Operations that end between two prunings. */
const pruneEvery = 100;

export class OperationEngine {
  readonly #options: EngineOptions;
  readonly #parts: RunParts;
  readonly #halt = new Halt();
  readonly #locks = new LockTable();
  readonly #running = new Map<string, Running>();
  #recovered = false;
  #ended = 0;

  constructor(options: EngineOptions) {
    const { store, clock, log, injector, pauses = [200, 1_000, 5_000] } = options;
    this.#options = options;
    this.#parts = { store, clock, log, injector, pauses, halt: this.#halt };
  }

  /**
   * Takes up what an earlier engine left: undoes it or goes on with it. Resolves as soon as all their
   * targets are locked, so that operations may be started; each one's completion tells when it is done.
   */
  async recover(): Promise<Started[]> {
    const { store, registry, log } = this.#options;
    await prune(store, this.#parts.clock.now());
    const { items } = await store.list(operationPrefix);
    const records = items.map((item) => item.value as OperationRecord);
    const started: Started[] = [];
    for (const { record, action, because } of planRecovery(records, registry)) {
      if (!action) {
        log.error(
          { operation: record.id, kind: record.kind },
          "an unfinished operation is of a kind unknown here",
        );
        continue;
      }
      log.info(
        { operation: record.id, kind: record.kind, step: record.step, action },
        "taking up an operation",
      );
      const run = new Run(registry.get(record.kind)!, this.#parts, record, true);
      const go = () => (action === "forward" ? this.#forward(run) : run.back(because));
      const completion = this.#track(run, this.#lock(run), go);
      const { claim } = record;
      started.push({ operation: toOperation(record), completion, ...(claim ? { claim } : {}) });
    }
    this.#recovered = true;
    return started;
  }

  /**
   * Begins an operation; resolves when its record is written.
   *
   * @throws LodgeError operation.target_busy, what `changes` may fail with, store.unavailable.
   */
  async start<Input, State extends object, Result>(
    definition: OperationDefinition<Input, State, Result>,
    input: Input,
    options: StartOptions,
  ): Promise<Started> {
    if (!this.#recovered) throw new TypeError("The engine must recover before it starts operations");
    const known = this.#options.registry.get(definition.kind);
    if (known !== definition) throw new TypeError(`operation ${definition.kind} is not registered`);
    await this.#halt.pass();
    const blockers = this.#locks.blockers(options.targets);
    const firm = blockers.find(({ holder }) => options.yields || !this.#yields(holder));
    if (firm && options.whenBusy === "refuse") {
      throw new LodgeError("operation.target_busy", { target: firm.target, operation: firm.holder });
    }
    const record = this.#newRecord(known.kind, known.steps, input, options, blockers.length > 0);
    const run = new Run(known, this.#parts, record);
    const lock = this.#lock(run);
    try {
      const put = [...(options.changes?.put ?? []), ...putsOfAsker(record.id)];
      await run.journal.write(() => ({}), { ...options.changes, put });
    } catch (error) {
      if (hasCode(error, "store.unsettled")) void this.#withdraw(run, lock, error);
      else void lock.then((release) => release?.());
      throw error;
    }
    const operation = toOperation(run.record);
    // What it does is not asked for by that request any more.
    const completion = askedBy(undefined, () => this.#track(run, lock, () => this.#forward(run)));
    if (!options.yields) for (const { holder } of blockers) this.#displace(holder, record.id);
    return { operation, completion };
  }

  /**
   * Asks an operation to stop and undo; resolves when that is written, before it is done.
   *
   * @throws LodgeError operation.not_found, operation.not_cancellable, operation.kind_unknown (left by
   *   another version).
   */
  async cancel(id: string): Promise<Operation> {
    const running = this.#running.get(id);
    if (running) await running.run.cancel();
    const operation = running ? toOperation(running.run.record) : await this.get(id);
    if (running || operation.status === "cancelled") return operation;
    if (!hasEnded(operation)) throw new LodgeError("operation.kind_unknown", { kind: operation.kind });
    throw new LodgeError("operation.not_cancellable", { operation: id });
  }

  /** @throws LodgeError operation.not_found. */
  async get(id: string): Promise<Operation> {
    const item = /^\w+$/.test(id) ? await this.#options.store.get(operationKey(id)) : undefined;
    if (!item) throw new LodgeError("operation.not_found", { operation: id });
    return toOperation(item.value as OperationRecord);
  }

  /** The newest first. */
  async list(filter: OperationFilter = {}): Promise<Operation[]> {
    const { items } = await this.#options.store.list(operationPrefix);
    return items
      .map((item) => toOperation(item.value as OperationRecord))
      .filter((operation) => filter.target === undefined || operation.targets.includes(filter.target))
      .filter((operation) => filter.status === undefined || operation.status === filter.status)
      .filter((operation) => filter.kind === undefined || operation.kind === filter.kind)
      .toSorted((a, b) => (a.startedAt < b.startedAt ? 1 : -1))
      .slice(0, filter.limit);
  }

  /**
   * Waits until an operation has ended or, with `seen`, has changed since that sequence.
   *
   * @throws LodgeError operation.not_found; the signal's reason when aborted.
   */
  async wait(id: string, signal: AbortSignal, seen?: number): Promise<Operation> {
    // What it writes it knows: the store need not be asked, nor watched, for each that waits.
    const journal = this.#running.get(id)?.run.journal;
    if (journal) return waitForWrite(journal, signal, seen);
    const operation = await this.get(id);
    if (isNews(operation, seen)) return operation;
    return waitForChange(this.#options.store, id, signal, seen);
  }

  /** Which operation holds this target, or waits for it? */
  holderOf(target: string): string | undefined {
    return this.#locks.blocker([target])?.holder;
  }

  /** Resolves when nothing runs any more. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) {
      await Promise.race([...this.#running.values()].map(({ completion }) => completion));
    }
  }

  /**
   * Leaves everything as it stands, as a kill would: what runs is aborted, not undone; completions never
   * resolve. The next engine recovers it.
   */
  halt(): void {
    this.#halt.halt();
  }

  /** Resolves when the engine was halted. */
  get halted(): Promise<void> {
    return this.#halt.halted;
  }

  #newRecord(
    kind: string,
    steps: readonly { readonly name: string }[],
    input: unknown,
    { targets, actor = nameOfAsker(), project, yields, claim }: StartOptions,
    queued: boolean,
  ): OperationRecord {
    return {
      id: newId("o"),
      kind,
      targets,
      status: queued ? "queued" : "running",
      ...(queued ? {} : { step: steps[0]!.name }),
      stepsDone: [],
      stepCount: steps.length,
      progress: { message: "" },
      cancellable: true,
      sequence: 0,
      startedAt: new Date(this.#parts.clock.now()).toISOString(),
      ...(actor === undefined ? {} : { actor }),
      ...(project === undefined ? {} : { project }),
      ...(yields ? { yields } : {}),
      ...(claim ? { claim } : {}),
      input,
      state: {},
      committed: false,
      cancelRequested: false,
      stuck: false,
    };
  }

  #yields(id: string): boolean {
    return this.#running.get(id)?.run.record.yields === true;
  }

  /** One past its point of no return cannot be stopped: it is near its end, and is waited for in line. */
  #displace(id: string, by: string): void {
    if (!this.#yields(id)) return;
    const { run } = this.#running.get(id)!;
    run.cancel(`It gave way to operation ${by}.`).catch((error: unknown) => {
      if (hasCode(error, "operation.not_cancellable")) return;
      this.#parts.log.warn({ err: error, operation: id }, "that an operation gives way could not be written");
    });
  }

  /** Resolves with nothing when the operation is cancelled while it waits. */
  #lock(run: Run): Promise<Release | undefined> {
    const { targets, id } = run.record;
    return this.#locks.acquire(targets, id, run.signal).catch(() => undefined);
  }

  /** Of one that was not answered for: where it was written after all, it is undone. */
  async #withdraw(run: Run, lock: Promise<Release | undefined>, error: unknown): Promise<void> {
    if (await run.journal.isMade(error)) this.#track(run, lock, () => run.back(error));
    else void lock.then((release) => release?.());
  }

  /** Begins at the first step where the operation had to wait in line. */
  async #forward(run: Run): Promise<Operation> {
    if (run.record.status !== "running") {
      const step = run.record.step ?? run.definition.steps[0]!.name;
      await run.journal.write(() => ({ status: "running", step }));
    }
    return run.forward();
  }

  /** Runs `go` under the lock; whatever happens, the completion resolves, and the lock is let go once the end is written. */
  #track(run: Run, lock: Promise<Release | undefined>, go: () => Promise<Operation>): Promise<Operation> {
    const { id } = run.record;
    const completion = (async () => {
      let release: Release | undefined;
      let written: Promise<void> | undefined;
      try {
        release = await lock;
        return release ? await go() : await run.back(run.signal.reason);
      } catch (error) {
        await this.#halt.pass();
        written = run.endLater(error);
        return this.#failUnwritten(run, error);
      } finally {
        if (!this.#halt.signal.aborted) {
          this.#running.delete(id);
          if (written) void written.then(() => this.#forget(release));
          else this.#forget(release);
        }
      }
    })();
    this.#running.set(id, { run, completion });
    return completion;
  }

  #failUnwritten(run: Run, error: unknown): Operation {
    const { id, kind } = run.record;
    this.#parts.log.error({ err: error, operation: id, kind }, "an operation's end could not be written");
    run.journal.close();
    return {
      ...toOperation(run.record),
      status: "failed",
      cancellable: false,
      error: asLodgeError(error).toProblem(),
    };
  }

  #forget(release: Release | undefined): void {
    release?.();
    if (++this.#ended % pruneEvery !== 0) return;
    prune(this.#options.store, this.#parts.clock.now()).catch((error: unknown) => {
      this.#parts.log.warn({ err: error }, "old operations could not be pruned");
    });
  }
}
