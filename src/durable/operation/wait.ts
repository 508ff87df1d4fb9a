import { LodgeError } from "#contract/errors";
import { hasEnded, type Operation } from "#contract/operation";
import { follow } from "../store/follow.ts";
import type { Store } from "../store/store.ts";
import type { Journal } from "./journal.ts";
import { operationKey, type OperationRecord, toOperation } from "./record.ts";

/** Has it ended or, with `seen`, is its sequence another? */
export const isNews = (operation: Operation, seen: number | undefined): boolean =>
  hasEnded(operation) || (seen !== undefined && operation.sequence !== seen);

/** Waits for such news of an operation that runs here. @throws the signal's reason */
export async function waitForWrite(
  journal: Journal,
  signal: AbortSignal,
  seen: number | undefined,
): Promise<Operation> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  aborted.promise.catch(() => undefined);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    for (;;) {
      signal.throwIfAborted();
      const operation = toOperation(journal.written);
      if (isNews(operation, seen)) return operation;
      await Promise.race([journal.nextWrite, aborted.promise]);
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

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
    if (isNews(operation, seen)) return operation;
  }
  signal.throwIfAborted();
  throw new LodgeError("store.unavailable", { path: key, reason: "it is closed" });
}
