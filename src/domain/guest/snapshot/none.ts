import { counted } from "#base/counted";
import { LodgeError } from "#contract/errors";
import type { Store } from "#durable/store/store";
import type { GuestRecord } from "../record.ts";
import { snapshotsOf } from "./record.ts";

/** @throws LodgeError snapshot.keeps */
export async function requireNoSnapshots(
  store: Store,
  { id, name }: Pick<GuestRecord, "id" | "name">,
): Promise<void> {
  const { length } = await snapshotsOf(store, id);
  if (length > 0) throw new LodgeError("snapshot.keeps", { guest: name, count: counted(length, "snapshot") });
}
