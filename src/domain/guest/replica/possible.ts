/** Which guests can have a replica: all that they write to is then on two hosts. */
import { LodgeError } from "#contract/errors";
import type { Store } from "#durable/store/store";
import { chainOf } from "../../volume/layer.ts";
import { whatTies } from "../ha.ts";
import type { Blocker } from "../migrate/preflight.ts";
import { attachedVolumes, writtenLayers, type GuestRecord } from "../record.ts";

/** @throws LodgeError replica.impossible, naming what is in the way and what would help */
export async function requireReplicable(store: Store, record: GuestRecord): Promise<void> {
  const refuse = (reason: string, fix: string) =>
    new LodgeError("replica.impossible", { guest: record.name, reason, fix });
  const tied = whatTies(record);
  if (tied) throw refuse(...tied);
  if (record.nvram !== undefined)
    throw refuse("its UEFI variables lie on this host alone", "make a guest with --firmware bios");
  if (record.disks.some(({ encrypted }) => encrypted))
    throw refuse("its disks are encrypted", "make a guest without --encrypted");
  if (attachedVolumes(record).length > 0)
    throw refuse("volumes are attached to it", `detach them with 'lodge volume detach'`);
  for (const top of Object.values(writtenLayers(record)))
    for (const { pool, device } of await chainOf(store, top))
      if (pool !== undefined || device)
        throw refuse(
          `a disk of it is in pool ${pool ?? "?"}`,
          `move it to the default pool with 'lodge volume move', or keep it in a pool that hosts share`,
        );
}

/** @throws LodgeError replica.impossible, by the first of what keeps it from running there */
export function requireFits({ name }: GuestRecord, host: string, blockers: readonly Blocker[]): void {
  // Taken up only when it is started there.
  const first = blockers.find(({ what }) => what !== "port");
  if (!first) return;
  throw new LodgeError("replica.impossible", {
    guest: name,
    reason: `it could not run on ${host}: ${first.reason}`,
    fix: first.fix.charAt(0).toLowerCase() + first.fix.slice(1).replace(/\.$/, ""),
  });
}
