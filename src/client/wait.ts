import { LodgeError } from "#contract/errors";
import { hasEnded, type Operation } from "#contract/operation";
import { usualPatience, withPatience } from "./patience.ts";
import type { Call } from "./request.ts";

export interface WaitOptions {
  /** Called with the operation as it is now, and each time it has changed. */
  readonly onProgress?: ((operation: Operation) => void) | undefined;
  /** Ends the waiting and not the work. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds to wait for a daemon that is away: operations outlive its restart. Default 20,000. */
  readonly patience?: number;
}

/** Seconds of one question; the server answers at once when something changes. */
const seconds = 30;

/**
 * Waits until an operation has succeeded.
 *
 * @throws LodgeError why it failed or was cancelled; api.daemon_unreachable once patience is at its end;
 *   the signal's reason when aborted.
 */
export async function waitFor(
  call: Call,
  operation: Operation,
  { onProgress, signal, patience = usualPatience }: WaitOptions = {},
): Promise<Operation> {
  let current = operation;
  onProgress?.(current);
  while (!hasEnded(current)) {
    const { id, sequence } = current;
    const ask = () =>
      call("operationWait", { params: { operation: id }, query: { seconds, seen: sequence } }, { signal });
    current = await withPatience(ask, patience, signal);
    if (current.sequence !== sequence) onProgress?.(current);
  }
  if (current.status === "succeeded") return current;
  throw current.error ? LodgeError.fromProblem(current.error) : new LodgeError("operation.cancelled");
}
