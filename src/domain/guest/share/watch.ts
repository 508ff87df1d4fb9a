/** Notices that what serves a guest's shared folder has ended under it: the guest waits for it, and says nothing. */
import { LodgeError } from "#contract/errors";
import { isAlive } from "#base/process";
import { ail } from "../ailment.ts";
import type { FleetView } from "../fleet-view.ts";
import type { LiveGuest } from "../live.ts";
import { guestById } from "../record.ts";

/** Milliseconds between two looks: only who started a process is told of its end. */
const every = 500;

/** Watches what serves the guest's folders, to its end or the guest's. */
export async function watchShares(fleet: FleetView, live: LiveGuest): Promise<void> {
  const servers = live.process.shares ?? [];
  if (servers.length === 0) return;
  const { clock, store } = fleet.parts;
  while (servers.every(isAlive)) {
    await clock.sleep(every, live.gone).catch(() => undefined);
    if (live.gone.aborted) return;
  }
  // A QEMU that ends lets go of them first, and answers no more.
  const answers = await live.status().catch(() => undefined);
  if (answers === undefined) return;
  const { name, shares = [] } = await guestById(store, live.id);
  const share = shares[servers.findIndex((server) => !isAlive(server))]?.name ?? "";
  await ail(fleet, live.id, new LodgeError("share.gone", { guest: name, share }));
}
