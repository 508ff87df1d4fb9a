/**
 * Operations that were begun in this page. The answer to a request says only that its operation has begun, so what
 * went wrong with it afterwards is said here, wherever its reader is by then.
 */
import { hasEnded, type Operation } from "#contract/operation";
import { tellFailure } from "../ui/notify.ts";

type Done = (operation: Operation) => void;

const begun = new Map<string, Done | undefined>();
/** How operations ended of late: the feed may tell of an end before the answer tells of the beginning. */
const ends = new Map<string, Operation>();
const kept = 100;

/** Takes note of an operation that this page has asked for; `done` is called once it has succeeded. */
export function own(operation: Operation, done?: Done): void {
  const ended = hasEnded(operation) ? operation : ends.get(operation.id);
  if (ended) end(ended, done);
  else begun.set(operation.id, done ?? begun.get(operation.id));
}

/** Hears of every operation, whoever began it. */
export function heard(operation: Operation): void {
  if (!hasEnded(operation)) return;
  ends.set(operation.id, operation);
  for (const [oldest] of ends) {
    if (ends.size <= kept) break;
    ends.delete(oldest);
  }
  if (begun.has(operation.id)) end(operation, begun.get(operation.id));
}

function end(operation: Operation, done: Done | undefined): void {
  begun.delete(operation.id);
  if (operation.status === "succeeded") done?.(operation);
  if (operation.status === "failed" && operation.error) tellFailure(operation.error, operation.kind);
}
