import type { CatalogueEntry } from "./entry.ts";

/** Errors about operations (long work). */
export const operationErrors = {
  "operation.not_found": {
    status: 404,
    message: "There is no operation '{operation}'.",
    hint: "'lodge operation ls' shows them.",
  },
  "operation.cancelled": {
    status: 409,
    message: "The operation was cancelled.",
    hint: "What it had done was undone; start it again when you like.",
  },
  "operation.not_cancellable": {
    status: 409,
    message: "Operation {operation} is past the point where it can be cancelled.",
    hint: "Wait for it with 'lodge operation wait {operation}'.",
  },
  "operation.detached": {
    status: 409,
    message: "Operation {operation} goes on by itself.",
    hint: "'lodge operation wait {operation}' waits for it, 'lodge operation cancel {operation}' cancels it.",
  },
  "operation.interrupted": {
    status: 500,
    message: "The daemon ended while this operation ran; what it had done was undone.",
    hint: "Start it again.",
  },
  "operation.undo_failed": {
    status: 500,
    message: "Undoing step '{step}' failed; something may be left over.",
    hint: "Restart the daemon, which tries again, and see its log.",
  },
  "operation.target_busy": {
    status: 409,
    message: "{target} is busy with operation {operation}.",
    hint: "Wait for it with 'lodge operation wait {operation}', or cancel it.",
  },
  "operation.kind_unknown": {
    status: 500,
    message:
      "This Lodge does not know operations of the kind '{kind}', so it can neither finish nor undo one.",
    hint: "Start the version of Lodge that began it; until then something may be left over.",
  },
  "operation.injected": {
    status: 500,
    message: "Step '{step}' failed on purpose.",
    hint: "Only the test harness does this.",
  },
} as const satisfies Record<string, CatalogueEntry>;
