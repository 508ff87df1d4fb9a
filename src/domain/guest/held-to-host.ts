import { LodgeError } from "#contract/errors";
import type { GuestRecord } from "./record.ts";

type Held = Pick<GuestRecord, "name" | "shares" | "devices">;

/** Has it something of the host's, of which no state can be saved? */
export const isHeldToHost = ({ shares, devices }: Pick<Held, "shares" | "devices">): boolean =>
  shares !== undefined || devices !== undefined;

/**
 * What a guest knows of a shared folder is in virtiofsd, and of a device in the device, which nobody can save or double:
 * so is no state of a machine that has one. Its disks alone can be.
 *
 * @throws LodgeError share.held, device.held
 */
export function requireNotHeld({ name: guest, shares = [], devices = [] }: Held, wish: string): void {
  const [share] = shares;
  if (share) throw new LodgeError("share.held", { guest, share: share.name, wish });
  const [device] = devices;
  if (device !== undefined) throw new LodgeError("device.held", { guest, device, wish });
}
