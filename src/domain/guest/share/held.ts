import { LodgeError } from "#contract/errors";
import type { GuestRecord } from "../record.ts";

/**
 * What a guest knows of a shared folder is in virtiofsd, which nobody can save or double: so is no state of a machine
 * that has one. Its disks alone can be.
 *
 * @throws LodgeError share.held
 */
export function requireNoShares(
  { name: guest, shares = [] }: Pick<GuestRecord, "name" | "shares">,
  wish: string,
): void {
  const [share] = shares;
  if (share) throw new LodgeError("share.held", { guest, share: share.name, wish });
}
