/**
 * Long work, as everyone sees it.
 *
 *   queued ──► running ──► succeeded
 *     │           │
 *     │           └──► undoing ──► failed | cancelled
 *     └──► cancelled | failed
 *
 * `queued` waits until earlier operations on the same targets have ended.
 */
import type { Problem } from "./errors.ts";

export type OperationStatus = "queued" | "running" | "undoing" | "succeeded" | "failed" | "cancelled";

export interface OperationProgress {
  /** From 0 to 1, of the whole operation; absent where it cannot be known. */
  readonly fraction?: number;
  readonly message: string;
}

export interface Operation {
  readonly id: string;
  /** What it does: "guest.create". */
  readonly kind: string;
  /** What it holds exclusively while it runs: "guest:g0123456789". */
  readonly targets: readonly string[];
  readonly status: OperationStatus;
  /** The step that runs or, when it has ended before its last step, the one that stopped it. */
  readonly step?: string;
  readonly stepsDone: readonly string[];
  readonly stepCount: number;
  readonly progress: OperationProgress;
  /** False once the operation has gone too far to be undone. */
  readonly cancellable: boolean;
  /** Grows with each change of this record, so that a waiter can say what it has seen. */
  readonly sequence: number;
  /** RFC 3339, UTC. */
  readonly startedAt: string;
  readonly endedAt?: string;
  /** Who asked for it. */
  readonly actor?: string;
  /** The project of what it is about; none: the host's. */
  readonly project?: string;
  /** In a cluster: the host that does it, by its name. */
  readonly host?: string;
  /** Why it failed or was cancelled. */
  readonly error?: Problem;
  /** What it made, by its kind. */
  readonly result?: unknown;
}

/** Will this operation change no more? */
export const hasEnded = (operation: Pick<Operation, "status">): boolean =>
  operation.status === "succeeded" || operation.status === "failed" || operation.status === "cancelled";
