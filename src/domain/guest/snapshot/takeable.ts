import { LodgeError } from "#contract/errors";
import { mostSnapshots } from "#contract/schema/snapshot";
import type { Fleet } from "../fleet.ts";
import { requireNoLayers } from "../ha.ts";
import type { GuestRecord } from "../record.ts";
import { requireNotHeld } from "../held-to-host.ts";
import { requireAction } from "../state.ts";
import { snapshotsOf } from "./record.ts";

/** @throws LodgeError guest.wrong_state, guest.ha_impossible, snapshot.name_taken, snapshot.too_many, snapshot.no_memory, guest.tpm_gone */
export async function requireTakeable(
  fleet: Fleet,
  guest: GuestRecord,
  { name, memory }: { readonly name: string; readonly memory: boolean | "suspended" },
): Promise<void> {
  requireAction(guest, "snapshot");
  await requireNoLayers(fleet.parts, guest);
  const others = await snapshotsOf(fleet.parts.store, guest.id);
  if (others.some((other) => other.name === name))
    throw new LodgeError("snapshot.name_taken", { guest: guest.name, name });
  if (others.length >= mostSnapshots)
    throw new LodgeError("snapshot.too_many", { guest: guest.name, limit: mostSnapshots });
  const live = fleet.get(guest.id);
  if (memory !== true) return;
  requireNotHeld(guest, "have its memory in a snapshot");
  if (!live && guest.suspendFile === undefined)
    throw new LodgeError("snapshot.no_memory", { guest: guest.name, state: guest.state });
  live?.requireTpm(guest.name);
}
