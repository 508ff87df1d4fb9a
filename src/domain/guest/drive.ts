/** Inserts and ejects ISOs, live where the guest runs. */
import { LodgeError } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import type { Log } from "#base/log";
import type { Store } from "#durable/store/store";
import { update } from "#durable/store/update";
import type { Monitor } from "#hypervisor/qemu/monitor";
import { forgetFiles, giveFile } from "#hypervisor/qemu/send-descriptor";
import type { Cells } from "./cell.ts";
import type { FleetView } from "./fleet-view.ts";
import type { LiveGuest } from "./live.ts";
import { guestById, guestKey, toGuest, type GuestRecord, type Match } from "./record.ts";
import { requireAction } from "./state.ts";

export interface DriveParts {
  readonly fleet: FleetView;
  readonly mediumPath: (image: string, project: string) => Promise<string>;
}

/**
 * The record first, in the transaction that asks whether the guest is still as whoever changes it believes; then QEMU.
 * What QEMU refuses is put back.
 *
 * @throws LodgeError guest.wrong_state, api.invalid, image.not_found; what `match` throws
 */
export async function changeDrive(
  parts: DriveParts,
  ref: string,
  body: Schemas["GuestDrive"],
  match?: Match,
): Promise<Schemas["Guest"]> {
  const { store } = parts.fleet.parts;
  const record = await guestById(store, ref);
  requireAction(record, "drive");
  const drive = body.drive ?? "cd0";
  if (!record.drives.some(({ id }) => id === drive)) {
    throw new LodgeError("api.invalid", { field: "drive", reason: `${record.name} has no drive ${drive}` });
  }
  const path = body.image === null ? undefined : await parts.mediumPath(body.image, record.project);
  const live = parts.fleet.get(record.id);
  const change = async () => {
    let before: string | undefined;
    const changed = await putIn(store, record.id, drive, body.image, (now) => {
      match?.(toGuest(now));
      before = mediumIn(now, drive);
    });
    if (!changed) throw new LodgeError("guest.not_found", { guest: ref });
    try {
      if (live)
        await turnTo(live.monitor, drive, path && (await reachable(parts.fleet.parts.cells, live, path)));
    } catch (error) {
      if (mediumIn(changed, drive) !== before) await putIn(store, record.id, drive, before ?? null);
      throw error;
    }
    return toGuest(changed);
  };
  return live ? live.drives.run(change) : change();
}

/** By which name QEMU can open the file. */
async function reachable(cells: Cells | undefined, live: LiveGuest, path: string): Promise<string> {
  if (!cells) return path;
  if (!cells.shows(path)) return giveFile(live.monitor, path);
  await cells.showTo(live.id, path);
  return path;
}

async function turnTo(monitor: Monitor, drive: string, path: string | undefined): Promise<void> {
  if (path === undefined) await monitor.execute("eject", { id: drive, force: true });
  else {
    const medium = { id: drive, filename: path, format: "raw", force: true, "read-only-mode": "read-only" };
    await monitor.execute("blockdev-change-medium", medium);
  }
  await forgetFiles(monitor);
}

const mediumIn = ({ drives }: GuestRecord, drive: string): string | undefined =>
  drives.find(({ id }) => id === drive)?.image;

const putIn = (
  store: Store,
  guest: string,
  drive: string,
  image: string | null,
  look?: (now: GuestRecord) => void,
) =>
  update<GuestRecord>(store, guestKey(guest), (now) => {
    if (now) look?.(now);
    return (
      now && {
        ...now,
        drives: now.drives.map((one) =>
          one.id === drive ? { id: drive, ...(image === null ? {} : { image }) } : one,
        ),
      }
    );
  });

interface BlockInfo {
  readonly qdev?: string;
  readonly tray_open?: boolean;
  readonly inserted?: object;
}

/**
 * What a guest itself throws out of a drive is out, as from a real one: most installers do so at their end, and
 * would be started again.
 */
export async function noteEjected(store: Store, monitor: Monitor, guest: string): Promise<void> {
  const blocks = await monitor.execute<BlockInfo[]>("query-block");
  for (const { qdev, tray_open: open, inserted } of blocks) {
    // Lodge's own eject leaves an open tray with nothing in it.
    if (!open || !inserted || qdev === undefined) continue;
    await monitor.execute("blockdev-remove-medium", { id: qdev });
    await putIn(store, guest, qdev, null);
  }
}

interface WatchParts {
  readonly store: Store;
  readonly log: Log;
}

/** As noteEjected(), for whom nobody waits. */
export const lookIntoDrives = (parts: WatchParts, live: LiveGuest): Promise<void> =>
  queued(parts, live, () => noteEjected(parts.store, live.monitor, live.id));

const queued = ({ log }: WatchParts, live: LiveGuest, look: () => Promise<void>): Promise<void> =>
  live.drives
    .run(look)
    .catch((error: unknown) =>
      log.warn({ err: error, guest: live.id }, "what a guest threw out of its drive could not be noted"),
    );

/** Notes what the guest throws out from now on. */
export function watchDrives(parts: WatchParts, live: LiveGuest): void {
  let waiting = false;
  live.monitor.onEvent(({ event, data }) => {
    if (event !== "DEVICE_TRAY_MOVED" || data["tray-open"] !== true || waiting) return;
    // A guest can move its trays as often as it likes: each look sees all that was moved until then.
    waiting = true;
    const look = async () => {
      waiting = false;
      await noteEjected(parts.store, live.monitor, live.id);
    };
    void queued(parts, live, look);
  });
}
