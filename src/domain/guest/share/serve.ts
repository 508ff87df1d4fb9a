/** Starts what serves a guest's shared folders, before its QEMU. */
import { closeSync } from "node:fs";
import { join } from "node:path";
import { LodgeError } from "#contract/errors";
import { endProcess } from "#base/process";
import type { Store } from "#durable/store/store";
import { idMaps } from "#hypervisor/share/ids";
import { serveFolder, type FolderServer } from "#hypervisor/share/virtiofsd";
import type { Cells } from "../cell.ts";
import { guestPlace, type Places } from "../place.ts";
import type { GuestRecord } from "../record.ts";
import { openFolder, requireOwner, requireShareable } from "./folder.ts";
import { ownFolders } from "./own-folders.ts";

interface Parts {
  readonly store: Store;
  readonly places: Places;
  readonly cells: Cells | undefined;
}

/** In the order of the record's; each socket is the caller's. @throws LodgeError share.refused, host.cell_unavailable, host.command_missing */
export async function serveShares(parts: Parts, record: GuestRecord): Promise<FolderServer[]> {
  const { shares = [] } = record;
  if (shares.length === 0) return [];
  if (!parts.cells)
    throw new LodgeError("host.cell_unavailable", { reason: "the daemon was started without cells" });
  const { host: cell, user } = await parts.cells.cellOf(record.id);
  const own = await ownFolders(parts.store, parts.places);
  const { run, qemuLog: log } = guestPlace(parts.places, record.id);
  const servers: FolderServer[] = [];
  try {
    for (const [at, { path, readOnly }] of shares.entries()) {
      requireShareable(path, own);
      using folder = openFolder(path);
      requireOwner(path, { uid: folder.uid, readOnly, asRoot: user !== undefined });
      const ids = user === undefined ? undefined : idMaps(folder, user);
      const meeting = join(run, `share${at}`);
      servers.push(await serveFolder({ path, folder: folder.descriptor, readOnly, ids, meeting, log, cell }));
    }
    return servers;
  } catch (error) {
    for (const { socket } of servers) closeSync(socket);
    await endServers(servers);
    throw error;
  }
}

export async function endServers(servers: readonly Pick<FolderServer, "process">[]): Promise<void> {
  await Promise.all(servers.map(({ process }) => endProcess(process)));
}
