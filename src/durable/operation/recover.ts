/**
 * What becomes of the operations that an engine finds when it starts.
 *
 *   committed, or resumes forward ──► forward, from the step that ran
 *   else                          ──► unwind
 *   stuck (it ended, but not through) ──► the same again, unless a later operation has had its targets:
 *                                         then what is left over is no longer this one's to touch
 */
import { LodgeError } from "#contract/errors";
import { hasEnded } from "#contract/operation";
import type { AnyOperation, OperationRegistry } from "./define.ts";
import type { OperationRecord } from "./record.ts";

export interface Recovery {
  readonly record: OperationRecord;
  /** Undefined: its kind, or the step it stopped at, is unknown to this Lodge. */
  readonly action: "forward" | "unwind" | undefined;
  /** What an unwinding gives as its reason. */
  readonly because: LodgeError;
}

/** Pure. The oldest first; those that held their targets before those that waited in line for them. */
export function planRecovery(records: readonly OperationRecord[], registry: OperationRegistry): Recovery[] {
  const rank = (record: OperationRecord) =>
    `${record.status === "queued" ? 2 : record.stuck ? 1 : 0}${record.startedAt}`;
  return records
    .filter((record) => !hasEnded(record) || (record.stuck && isLast(record, records)))
    .toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1))
    .map((record) => ({
      record: reopened(record),
      action: actionFor(record, registry.get(record.kind)),
      because: reasonOf(record),
    }));
}

const isLast = (record: OperationRecord, records: readonly OperationRecord[]): boolean =>
  !records.some(
    (other) =>
      other.id !== record.id &&
      other.startedAt >= record.startedAt &&
      other.targets.some((target) => record.targets.includes(target)),
  );

function reopened(record: OperationRecord): OperationRecord {
  const { endedAt: _endedAt, error: _error, ...open } = record;
  return open;
}

/** An undoing that was interrupted keeps its reason. */
function reasonOf({ status, error, cancelRequested }: OperationRecord): LodgeError {
  if (status === "undoing" && error) return LodgeError.fromProblem(error);
  if (cancelRequested) return new LodgeError("operation.cancelled");
  return new LodgeError("operation.interrupted", {}, { detail: error?.detail });
}

function actionFor(record: OperationRecord, definition: AnyOperation | undefined): Recovery["action"] {
  if (!definition) return undefined;
  const knowsPlace = record.stepsDone.every((name, i) => definition.steps[i]?.name === name);
  if (record.committed) return knowsPlace ? "forward" : undefined;
  const forward = definition.resume === "forward" && record.status !== "undoing" && !record.stuck;
  return forward && knowsPlace && !record.cancelRequested ? "forward" : "unwind";
}
