import { hasCode } from "#contract/errors";
import type { Store } from "#durable/store/store";
import { desktopKey, desktopOfKey, type DesktopRecord } from "./record.ts";

/** Lets go of a desktop that has no guest any more. */
export async function forget(store: Store, { id, pool, user }: DesktopRecord): Promise<void> {
  const of = desktopOfKey(pool, user);
  const own = await store.get(of);
  const mine = own?.value === id ? own : undefined;
  try {
    await store.transact({
      compare: mine ? [{ key: of, revision: mine.revision }] : [],
      delete: [desktopKey(id), ...(mine ? [of] : [])],
    });
  } catch (error) {
    // He has another one by now.
    if (!hasCode(error, "store.conflict")) throw error;
    await store.transact({ delete: [desktopKey(id)] });
  }
}
