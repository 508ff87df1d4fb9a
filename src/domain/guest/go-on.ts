/**
 * A guest that stands still for an operation goes on when that comes to nothing. What the operation itself lets go on
 * where it fails, nobody does where the daemon dies in its midst: the next one finds the guest paused, and only the
 * operation knows that this is not its user's wish.
 */
import { abandonMigration } from "#hypervisor/qemu/migrate";
import type { Fleet } from "./fleet.ts";
import type { LiveGuest } from "./live.ts";
import { guestById } from "./record.ts";

/**
 * Ends the sending of its memory, and lets the guest be what it was before. Idempotent.
 * @param ran did it run? One that was paused stays so, and so does one whose disk cannot be written.
 */
export async function goOnAsBefore(fleet: Fleet, live: LiveGuest, ran: boolean): Promise<void> {
  const goesOn = ran && live.stuck === undefined;
  await abandonMigration(live.monitor, goesOn);
  if (goesOn && (await guestById(fleet.parts.store, live.id)).state === "paused")
    await fleet.become(live.id, "running");
}
