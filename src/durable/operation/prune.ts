import { hasEnded } from "#contract/operation";
import { maxOperations, type Store } from "../store/store.ts";
import { operationPrefix, type OperationRecord } from "./record.ts";

/** Finished operations that are kept. */
export const keptCount = 1_000;
/** Milliseconds for which they are kept: seven days. */
export const keptTime = 7 * 24 * 3600 * 1000;

/** Removes finished operations that are too many or too old. One that is stuck stays. */
export async function prune(store: Store, now: number): Promise<void> {
  const { items } = await store.list(operationPrefix);
  const finished = items
    .map((item) => item.value as OperationRecord)
    .filter((record) => hasEnded(record) && !record.stuck)
    .map(({ id, endedAt, startedAt }) => ({
      key: operationPrefix + id,
      ended: Date.parse(endedAt ?? startedAt),
    }))
    .toSorted((a, b) => b.ended - a.ended);
  const keys = finished
    .filter(({ ended }, i) => i >= keptCount || ended < now - keptTime)
    .map(({ key }) => key);
  for (let i = 0; i < keys.length; i += maxOperations) {
    await store.transact({ delete: keys.slice(i, i + maxOperations) });
  }
}
