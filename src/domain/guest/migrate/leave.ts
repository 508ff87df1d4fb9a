/** Takes away what a host has of a guest that is another's now, or did not come. Idempotent. */
import { rm } from "node:fs/promises";
import { endProcess, type ProcessRef } from "#base/process";
import { clearGroup } from "#hypervisor/cpu/groups";
import { collectLayers } from "../../volume/layer.ts";
import type { DestroyParts } from "../destroy.ts";
import { guestPlace } from "../place.ts";
import { helpersOf, type GuestRecord, type RunningProcess } from "../record.ts";

/** Its records are not touched: they are where it is. `process`: its own here, if it has one. */
export async function leaveHost(
  { fleet, layerRoots }: DestroyParts,
  record: GuestRecord,
  process: (ProcessRef & Pick<RunningProcess, "tpm" | "shares">) | undefined,
): Promise<void> {
  const { store, networks, places, groups, cells } = fleet.parts;
  const { id } = record;
  await fleet.get(id)?.kill();
  await cells?.release(id);
  await fleet.settled(id);
  if (process) await Promise.all([process, ...helpersOf(process)].map((one) => endProcess(one, 500)));
  const place = guestPlace(places, id);
  const removed = [place.folder, place.run].map((folder) => rm(folder, { recursive: true, force: true }));
  await Promise.all([
    networks.release(record),
    clearGroup(groups, id),
    collectLayers(store, layerRoots),
    Promise.all(removed).then(() => cells?.forget(id)),
  ]);
}
