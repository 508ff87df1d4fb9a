import { LodgeError } from "#contract/errors";
import type { GuestRecord } from "./record.ts";

/** What is on the screen of somebody's desktop is his: whoever looks after the guest sees it with consent. @throws LodgeError desktop.somebodys */
export function requireNobodys({ name, desktop }: Pick<GuestRecord, "name" | "desktop">): void {
  if (desktop?.state === "taken") throw new LodgeError("desktop.somebodys", { guest: name });
}
