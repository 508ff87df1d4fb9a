import { LodgeError } from "#contract/errors";
import type { GuestRecord } from "./record.ts";

type Marked = Pick<GuestRecord, "name" | "desktop">;

/** What is on the screen of somebody's desktop is his: whoever looks after the guest sees it with consent. @throws LodgeError desktop.somebodys */
export function requireNobodys({ name, desktop }: Marked): void {
  if (desktop?.state === "taken") throw new LodgeError("desktop.somebodys", { guest: name });
}

/** Whoever keeps looking would still do when somebody has it. @throws LodgeError desktop.somebodys, desktop.waiting */
export function requireNoDesktop(record: Marked): void {
  requireNobodys(record);
  if (record.desktop) throw new LodgeError("desktop.waiting", { guest: record.name });
}
