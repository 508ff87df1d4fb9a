import { LodgeError } from "#contract/errors";
import { hasEnded, type Operation } from "#contract/operation";
import { follow } from "../store/follow.ts";
import type { Store } from "../store/store.ts";
import { operationKey, type OperationRecord, toOperation } from "./record.ts";

/** Watches the record until it has ended or, with `seen`, until its sequence is another. */
export async function waitForChange(
  store: Store,
  id: string,
  signal: AbortSignal,
  seen: number | undefined,
): Promise<Operation> {
  const key = operationKey(id);
  for await (const news of follow(store, key, signal)) {
    const entries = news.type === "all" ? news.items : news.events;
    const entry = entries.find((other) => other.key === key);
    if (entry?.value === undefined) throw new LodgeError("operation.not_found", { operation: id });
    const operation = toOperation(entry.value as OperationRecord);
    if (hasEnded(operation) || (seen !== undefined && operation.sequence !== seen)) return operation;
  }
  signal.throwIfAborted();
  throw new LodgeError("store.unavailable", { path: key, reason: "it is closed" });
}
