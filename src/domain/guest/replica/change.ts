/** Changes what a guest's record says of its replica, and tells of it where that says something else to people. */
import type { Store } from "#durable/store/store";
import { update } from "#durable/store/update";
import { guestKey, type GuestRecord } from "../record.ts";
import type { ReplicaRecord } from "./record.ts";

/** Called after its state became another one. */
export type Told = (guest: GuestRecord, replica: ReplicaRecord) => void;

/** Undefined: the guest is not there, or has none. `change` may run several times. */
export async function changeReplica(
  store: Store,
  guest: string,
  told: Told,
  change: (replica: ReplicaRecord) => ReplicaRecord,
): Promise<ReplicaRecord | undefined> {
  let before: ReplicaRecord | undefined;
  const record = await update<GuestRecord>(store, guestKey(guest), (now) => {
    before = now?.replica;
    if (!now?.replica) return now;
    const replica = change(now.replica);
    return replica === now.replica ? now : { ...now, replica };
  });
  const after = record?.replica;
  if (record && after && before && after.state !== before.state) told(record, after);
  return after;
}
