/** Shares a folder of the host's with a guest, and takes it away again; both while the guest has no process. */
import { basename } from "node:path";
import { hasCode, LodgeError } from "#contract/errors";
import type { Guest } from "#contract/schema/guest";
import { mostShares, type Share, type ShareAdd } from "#contract/schema/share";
import { findVirtiofsd } from "#hypervisor/share/virtiofsd";
import type { Fleet } from "../fleet.ts";
import type { FleetParts } from "../fleet-view.ts";
import { guestKey, toGuest, type GuestRecord } from "../record.ts";
import { requireAction } from "../state.ts";
import { ownFolders } from "./own-folders.ts";
import { openFolder, plainPath, requireGroups, requireOwner, requireShareable } from "./folder.ts";

type Parts = Pick<FleetParts, "store" | "places" | "cells">;

/** What a folder is called in a guest, if nothing was said: as on the host, of what a name may have. */
export function nameFor(path: string): string {
  const name = basename(path)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 32)
    .replace(/^-+|-+$/g, "");
  return name === "" ? "share" : name;
}

/**
 * The folders as a guest's record has them.
 *
 * @throws LodgeError share.refused, share.name_taken, share.too_many, host.cell_unavailable, host.command_missing
 */
export async function newShares(
  parts: Parts,
  wishes: readonly ShareAdd[],
  { name: guest, shares: before = [] }: Pick<GuestRecord, "name" | "shares">,
): Promise<Share[]> {
  if (wishes.length === 0) return [...before];
  if (!parts.cells)
    throw new LodgeError("host.cell_unavailable", { reason: "the daemon was started without cells" });
  await findVirtiofsd();
  const own = await ownFolders(parts.store, parts.places);
  const shares = [...before];
  for (const wish of wishes) {
    const share = await newShare(wish, own);
    if (shares.some(({ name, at }) => name === share.name || at === share.at))
      throw new LodgeError("share.name_taken", { guest, share: share.name });
    shares.push(share);
  }
  if (shares.length > mostShares) throw new LodgeError("share.too_many", { guest, limit: mostShares });
  return shares;
}

async function newShare(wish: ShareAdd, own: readonly string[]): Promise<Share> {
  const path = await plainPath(wish.path);
  requireShareable(path, own);
  const { name = nameFor(path), at = `/mnt/${name}`, readOnly = false } = wish;
  using folder = openFolder(path);
  const asRoot = process.getuid?.() === 0;
  requireOwner(path, { uid: folder.uid, readOnly, asRoot });
  requireGroups(path, { asRoot, gid: process.getgid?.() ?? 0, groups: process.getgroups?.() ?? [] });
  return { name, path, at, readOnly };
}

export async function addShare(fleet: Fleet, id: string, wish: ShareAdd): Promise<Guest> {
  const { guest, changed } = await change(fleet, id, "add-share", (record) =>
    newShares(fleet.parts, [wish], record),
  );
  const { name, path, at } = changed.shares!.at(-1)!;
  const message = `${changed.name} shares the host's folder ${path} as ${name}, at ${at}`;
  fleet.parts.events.append({ kind: "share.added", guest: changed, message });
  return guest;
}

export async function removeShare(fleet: Fleet, id: string, name: string): Promise<Guest> {
  const { guest, changed } = await change(fleet, id, "remove-share", async ({ name: of, shares = [] }) => {
    const left = shares.filter((share) => share.name !== name);
    if (left.length === shares.length) throw new LodgeError("share.not_found", { guest: of, share: name });
    return left;
  });
  const message = `${changed.name} shares the folder ${name} no more`;
  fleet.parts.events.append({ kind: "share.removed", guest: changed, message });
  return guest;
}

async function change(
  fleet: Fleet,
  id: string,
  action: "add-share" | "remove-share",
  next: (record: GuestRecord) => Promise<Share[]>,
): Promise<{ readonly guest: Guest; readonly changed: GuestRecord }> {
  const { store } = fleet.parts;
  for (;;) {
    const item = await store.get(guestKey(id));
    if (!item) throw new LodgeError("guest.not_found", { guest: id });
    const record = item.value as GuestRecord;
    requireAction(record, action);
    const shares = await next(record);
    const { shares: _, ...rest } = record;
    const changed = shares.length === 0 ? rest : { ...rest, shares };
    try {
      await store.transact({
        compare: [{ key: item.key, revision: item.revision }],
        put: [{ key: item.key, value: changed }],
      });
      return { guest: toGuest(changed), changed };
    } catch (error) {
      // It was started meanwhile, or changed otherwise.
      if (!hasCode(error, "store.conflict")) throw error;
    }
  }
}
