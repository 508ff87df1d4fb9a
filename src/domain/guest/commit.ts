/** An operation's point of no return, in one transaction with what it makes of its guest. */
import { hasCode } from "#contract/errors";
import type { StepContext } from "#durable/operation/define";
import type { Store, Transaction } from "#durable/store/store";
import { guestById, guestKey, type GuestRecord } from "./record.ts";

/**
 * Commits, changing the guest as it is then: what else is changed in it meanwhile stays. Called again after it
 * has committed, it changes nothing.
 *
 * @returns the guest as it is now
 * @throws LodgeError guest.not_found; store.conflict, where something else that is compared is not as it was
 */
export async function commitGuest(
  store: Store,
  id: string,
  commit: StepContext<unknown, object>["commit"],
  put: NonNullable<Transaction["put"]>,
  change: (now: GuestRecord) => GuestRecord,
  remove: readonly string[] = [],
  compare: NonNullable<Transaction["compare"]> = [],
): Promise<GuestRecord> {
  for (;;) {
    await guestById(store, id);
    const item = (await store.get(guestKey(id)))!;
    try {
      await commit({
        compare: [{ key: item.key, revision: item.revision }, ...compare],
        put: [...put, { key: item.key, value: change(item.value as GuestRecord) }],
        ...(remove.length === 0 ? {} : { delete: [...remove] }),
      });
      return await guestById(store, id);
    } catch (error) {
      if (!hasCode(error, "store.conflict") || compare.length > 0) throw error;
    }
  }
}
