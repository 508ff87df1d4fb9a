/** Inserts and ejects ISOs, live where the guest runs. */
import { LodgeError } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import { update } from "#durable/store/update";
import type { Fleet } from "./fleet.ts";
import { findGuest, guestKey, toGuest, type GuestRecord } from "./record.ts";
import { requireAction } from "./state.ts";

export interface DriveParts {
  readonly fleet: Fleet;
  readonly mediumPath: (image: string) => Promise<string>;
}

export async function changeDrive(
  parts: DriveParts,
  ref: string,
  body: Schemas["GuestDrive"],
): Promise<Schemas["Guest"]> {
  const { store } = parts.fleet.parts;
  const record = await findGuest(store, ref);
  requireAction(record, "drive");
  const drive = body.drive ?? "cd0";
  if (!record.drives.some(({ id }) => id === drive)) {
    throw new LodgeError("api.invalid", { field: "drive", reason: `${record.name} has no drive ${drive}` });
  }
  const path = body.image === null ? undefined : await parts.mediumPath(body.image);
  const live = parts.fleet.get(record.id);
  if (live) {
    if (path === undefined) await live.monitor.execute("eject", { id: drive, force: true });
    else {
      const medium = { id: drive, filename: path, format: "raw", force: true, "read-only-mode": "read-only" };
      await live.monitor.execute("blockdev-change-medium", medium);
    }
  }
  const changed = await update<GuestRecord>(
    store,
    guestKey(record.id),
    (now) =>
      now && {
        ...now,
        drives: now.drives.map((one) =>
          one.id === drive ? { id: drive, ...(body.image === null ? {} : { image: body.image }) } : one,
        ),
      },
  );
  if (!changed) throw new LodgeError("guest.not_found", { guest: ref });
  return toGuest(changed);
}
