/** Notices that a guest's TPM has ended under it: QEMU says nothing of it until somebody wants to save its state. */
import { isAlive } from "#base/process";
import { LodgeError } from "#contract/errors";
import { ail } from "./ailment.ts";
import type { FleetView } from "./fleet-view.ts";
import type { LiveGuest } from "./live.ts";
import { guestById } from "./record.ts";

/**
 * Milliseconds between two looks. Only who started a process is told of its end, and that may have been an
 * earlier daemon; a look is one file of /proc.
 */
const every = 500;

/** Watches the guest's TPM, where it has one, to its end or the guest's. */
export async function watchTpm(fleet: FleetView, live: LiveGuest): Promise<void> {
  const { tpm } = live.process;
  if (!tpm) return;
  const { clock, store } = fleet.parts;
  while (isAlive(tpm)) {
    await clock.sleep(every, live.gone).catch(() => undefined);
    if (live.gone.aborted) return;
  }
  // A QEMU that ends lets go of its TPM first, and answers no more.
  const answers = await live.status().catch(() => undefined);
  if (answers === undefined) return;
  const { name } = await guestById(store, live.id);
  await ail(fleet, live.id, new LodgeError("guest.tpm_gone", { guest: name }));
}
