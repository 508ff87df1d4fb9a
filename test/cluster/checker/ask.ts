/** Asks a host to change something, and says what came of it as far as anybody can know. */
import { hasCode, LodgeError } from "#contract/errors";
import { hasEnded, type Operation } from "#contract/operation";
import type { Client } from "#client/client";
import type { Outcome } from "./history.ts";

/** Milliseconds that a change may take. After that nobody waits for it any more, and it may happen at any time. */
export const patience = 60_000;

export interface Answer {
  readonly outcome: Outcome;
  /** Code of the error. */
  readonly code?: string;
  readonly result?: unknown;
  /** There was an operation, however it ended. */
  readonly begun?: true;
}

/**
 * Something that is changed at once, or by an operation. An error says that nothing was changed only where it is Lodge's word
 * about what was asked for (4xx): one about Lodge itself says nothing of what it had done before. An operation that failed was undone.
 */
export async function ask(
  client: Client,
  begin: (client: Client, signal: AbortSignal) => Promise<unknown>,
): Promise<Answer> {
  const signal = AbortSignal.timeout(patience);
  let begun: unknown;
  try {
    begun = await begin(client, signal);
  } catch (error) {
    return { outcome: isRefusal(error) ? "failed" : "unknown", code: codeOf(error) };
  }
  if (!isOperation(begun)) return { outcome: "done", result: begun };
  try {
    const { result } = await client.waitFor(begun, { signal, patience });
    return { outcome: "done", result };
  } catch (error) {
    return { outcome: await endOf(client, begun), code: codeOf(error), begun: true };
  }
}

/** Of an operation whose waiting failed: it has failed only where its record says so. */
async function endOf(client: Client, { id }: Operation): Promise<Outcome> {
  try {
    const operation = await client.call("operationGet", { params: { operation: id } });
    if (!hasEnded(operation)) return "unknown";
    return operation.status === "succeeded" ? "done" : "failed";
  } catch {
    return "unknown";
  }
}

const isOperation = (value: unknown): value is Operation =>
  typeof value === "object" && value !== null && "stepsDone" in value;

/** Nobody has heard the question where nobody listened. */
const isRefusal = (error: unknown): boolean =>
  hasCode(error, "api.daemon_unreachable") ||
  (error instanceof LodgeError && error.status >= 400 && error.status < 500);

export const codeOf = (error: unknown): string =>
  error instanceof LodgeError ? error.code : error instanceof Error ? error.name : "unknown";
