/** The mark in a guest's record that says that the daemon's next start brings it back. A start takes it off. */
import { update } from "#durable/store/update";
import type { Fleet } from "./fleet.ts";
import { guestKey, type GuestRecord } from "./record.ts";

/** Has it brought back as it is now; not where it is being stopped or suspended already, or is removed then. */
export const markForReturn = (fleet: Fleet, id: string): Promise<unknown> =>
  update<GuestRecord>(fleet.parts.store, guestKey(id), (now) => {
    if (!now || now.removeWhenStopped || now.state === "stopping" || now.state === "suspending") return now;
    return { ...now, comesBack: now.state === "paused" ? "paused" : "running" };
  });

export const unmark = (fleet: Fleet, id: string): Promise<unknown> =>
  update<GuestRecord>(fleet.parts.store, guestKey(id), (now) => {
    if (now?.comesBack === undefined) return now;
    const { comesBack: _, ...rest } = now;
    return rest;
  });
