/**
 * Long work is defined as named steps, each with its undo. A definition is found again by its kind after a
 * restart; what it has to remember goes through its input and state, which are kept as JSON.
 *
 *   do 1 ── do 2 ── do 3 ┄ commit point ┄ do 4 ── succeeded
 *             │ fails, is cancelled, or the daemon is killed
 *   undo 1 ◄─ undo 2 ────► failed | cancelled          after the commit point: only forward
 *
 * The rules of a step:
 * - `undo` may run when its `do` has run wholly, half, or not at all, and it may run twice. It relies on
 *   the input and on what was saved before its `do` began (or by `save` within it), and on nothing else.
 * - `do` may run again after a crash if the operation resumes forward or is past its commit point.
 */
import type { Log } from "#base/log";
import type { Transaction } from "../store/store.ts";

export interface StepProgress {
  /** From 0 to 1, of the whole operation. */
  readonly fraction?: number;
  readonly message?: string;
}

export interface StepContext<Input, State> {
  readonly operationId: string;
  readonly input: Input;
  /** What the steps have saved so far. */
  readonly state: Readonly<Partial<State>>;
  /** Aborted when the operation is cancelled or the daemon ends. An undo's is aborted only by the latter. */
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Cheap: what comes more often than five times a second is not written. */
  progress(progress: StepProgress): void;
  /** Adds to the state, durably when it resolves. `changes` happen in the same transaction or, on a conflict, neither. */
  save(patch: Partial<State>, changes?: Transaction): Promise<void>;
  /**
   * Only in the commit point's step: makes `changes` and passes the point of no return, both in one
   * transaction. On store.conflict nothing has happened; called again after it has committed, it does
   * nothing. A commit point that never calls it is passed when its `do` ends.
   */
  commit(changes?: Transaction): Promise<void>;
}

export interface Step<Input, State> {
  /** Shown to users; unique in its operation. */
  readonly name: string;
  /** What it returns is added to the state, durably, before the next step begins. */
  do(context: StepContext<Input, State>): Promise<Partial<State> | void>;
  undo?(context: StepContext<Input, State>): Promise<void>;
  /** False: a cancel waits until this step has ended. Default true: its signal is aborted. */
  readonly cancellable?: boolean;
  /** After this step there is no way back: what follows is tried again until it succeeds. */
  readonly commitPoint?: boolean;
}

export interface OperationDefinition<Input, State extends object, Result> {
  /** "noun.verb" */
  readonly kind: string;
  readonly steps: readonly Step<Input, State>[];
  /** After a crash before the commit point: undo what was done, or go on with the step that ran. Default: unwind. */
  readonly resume?: "unwind" | "forward";
  /**
   * When the operation waits for the disk. "steps": at each step. "ends": only when it begins, commits and
   * ends; for quick operations whose every undo needs nothing but the input. After a crash such an
   * operation is undone from its last step on, begun or not. Default: steps.
   */
  readonly journal?: "steps" | "ends";
  result?(context: { readonly input: Input; readonly state: Readonly<Partial<State>> }): Result;
}

/** A definition of which only the engine's needs are known. */
export type AnyOperation = OperationDefinition<unknown, object, unknown>;

/** Checks a definition; what it throws is a bug. */
export function defineOperation<Input, State extends object = object, Result = void>(
  definition: OperationDefinition<Input, State, Result>,
): OperationDefinition<Input, State, Result> {
  const { kind, steps, resume, journal } = definition;
  const refuse = (reason: string) => new TypeError(`operation ${kind}: ${reason}`);
  if (steps.length === 0) throw refuse("it has no steps");
  if (new Set(steps.map((step) => step.name)).size !== steps.length) throw refuse("two steps have one name");
  if (steps.filter((step) => step.commitPoint).length > 1) throw refuse("it has two commit points");
  if (journal === "ends" && resume === "forward") throw refuse("it cannot know where to resume");
  return definition;
}

/** The definitions an engine knows. All must be added before it recovers. */
export class OperationRegistry {
  readonly #definitions = new Map<string, AnyOperation>();

  add(...definitions: readonly AnyOperation[]): this {
    for (const definition of definitions) {
      if (this.#definitions.has(definition.kind))
        throw new TypeError(`operation ${definition.kind} is defined twice`);
      this.#definitions.set(definition.kind, definition);
    }
    return this;
  }

  get(kind: string): AnyOperation | undefined {
    return this.#definitions.get(kind);
  }
}
