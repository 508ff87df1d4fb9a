/**
 * Undoes an operation: the step that ran, then those before it, last first. An undo that goes on failing
 * stops there, since the steps before may be what it stands on; the next start of the daemon tries again.
 */
import { asLodgeError, LodgeError } from "#contract/errors";
import type { AnyOperation, Step, StepContext } from "./define.ts";
import type { Moment } from "./inject.ts";
import type { Journal, RecordPatch } from "./journal.ts";
import type { OperationRecord } from "./record.ts";
import type { RunParts } from "./run-parts.ts";

type AnyStep = Step<unknown, object>;

/** The run of an operation that goes back: run.ts. */
interface Undone {
  readonly definition: AnyOperation;
  readonly parts: RunParts;
  readonly journal: Journal;
  readonly record: OperationRecord;
  readonly recovered: boolean;
  context(step: AnyStep, signal: AbortSignal): StepContext<unknown, object>;
  at(step: AnyStep, moment: Moment): Promise<void>;
  insist<T>(what: string, attempt: () => Promise<T>, how?: { readonly waits: boolean }): Promise<T>;
  end(patch: RecordPatch): RecordPatch;
}

export async function unwind(run: Undone, error: LodgeError): Promise<void> {
  const { log } = run.parts;
  const { id, kind, step } = run.record;
  if (error.code !== "operation.cancelled") {
    log.warn({ err: error, detail: error.detail, operation: id, kind, step }, "operation failed; undoing it");
  }
  await write(run, { status: "undoing", error: error.toProblem(), cancellable: false });
  for (const undone of stepsToUndo(run)) {
    try {
      await run.insist(`undoing step '${undone.name}'`, () => undo(run, undone), { waits: true });
    } catch (failure) {
      await run.parts.halt.pass();
      return end(run, {
        status: "failed",
        error: undoFailed(undone, error, failure).toProblem(),
        stuck: true,
      });
    }
    const stepsDone = run.record.stepsDone.filter((name) => name !== undone.name);
    await write(run, { stepsDone });
  }
  await end(run, { status: error.code === "operation.cancelled" ? "cancelled" : "failed" });
}

/** Found by name: a newer Lodge may have added or removed steps since. */
function stepsToUndo(run: Undone): AnyStep[] {
  const { steps, journal } = run.definition;
  const { stepsDone, step: current } = run.record;
  if (current === undefined) return [];
  if (journal === "ends" && run.recovered) return steps.toReversed();
  return steps.filter((step) => step.name === current || stepsDone.includes(step.name)).toReversed();
}

async function undo(run: Undone, step: AnyStep): Promise<void> {
  const context = run.context(step, run.parts.halt.signal);
  await run.at(step, "before undo");
  await step.undo?.(context);
  if (run.parts.injector?.undoTwice) await step.undo?.(context);
  await run.at(step, "after undo");
}

/**
 * What cannot be written while undoing does not stop it: undoing may be what frees the full disk, and each
 * undo may run again.
 */
async function write(run: Undone, patch: RecordPatch): Promise<void> {
  try {
    await run.journal.write(() => patch);
  } catch (error) {
    run.parts.log.warn({ err: error, operation: run.record.id }, "undoing goes on without being written");
    run.journal.remember(patch);
  }
}

async function end(run: Undone, patch: RecordPatch): Promise<void> {
  await run.insist("writing the operation's end", () => run.journal.write(() => run.end(patch)));
}

const undoFailed = (step: AnyStep, first: LodgeError, failure: unknown): LodgeError => {
  const { message, detail } = asLodgeError(failure);
  const words = [`Undo: ${message}`, detail, `Undone because: ${first.message}`, first.detail];
  const options = { cause: failure, detail: words.filter((line) => line !== undefined).join("\n") };
  return new LodgeError("operation.undo_failed", { step: step.name }, options);
};
