/**
 * A guest whose disk cannot be written on the host stands still and loses nothing: QEMU keeps what failed and
 * writes it once the guest goes on (disk.ts asks for that, werror=stop).
 *
 *   running ── a write fails ──► paused, and its record says why ── resume ──► running ┄ fails again ┄► paused
 */
import { LodgeError } from "#contract/errors";
import { spaceLeft } from "#hypervisor/disk/space";
import { fileOf } from "#hypervisor/qemu/disk";
import type { Monitor } from "#hypervisor/qemu/monitor";
import { ail, ailing } from "./ailment.ts";
import type { FleetView } from "./fleet-view.ts";
import type { LiveGuest } from "./live.ts";
import { guestById, type GuestRecord } from "./record.ts";

/** The status of such a machine, as QEMU calls it (qapi/run-state.json). */
export const stuckStatus = "io-error";

/**
 * Bytes there must be before such a guest goes on: what a kernel has gathered it writes at once, and with less it
 * would stand still again the next moment.
 */
export const roomToGoOn = 16 * 1_048_576;

interface BlockInfo {
  readonly "io-status"?: "ok" | "failed" | "nospace";
  readonly inserted?: { readonly file: string };
}

/** Why the machine stands still, in the catalogue's words; undefined where it does not, or for another reason. */
export async function diskFault(
  monitor: Pick<Monitor, "execute">,
  guest: string,
): Promise<LodgeError | undefined> {
  const { status } = await monitor.execute<{ status: string }>("query-status");
  if (status !== stuckStatus) return undefined;
  const blocks = await monitor.execute<BlockInfo[]>("query-block");
  const faults = blocks.filter((block) => (block["io-status"] ?? "ok") !== "ok");
  const full = faults.find((block) => block["io-status"] === "nospace");
  const open = (full ?? faults[0])?.inserted?.file;
  const path = open === undefined ? "its disk's file" : fileOf(open);
  return full
    ? new LodgeError("guest.no_space", { guest, path })
    : new LodgeError("guest.disk_failed", { guest, path });
}

/** Lets a machine's processors go on. @throws LodgeError guest.no_space while there is none for what it wrote last. */
export async function goOn({ monitor }: Pick<LiveGuest, "monitor">, guest: string): Promise<void> {
  const fault = await diskFault(monitor, guest);
  if (fault?.code === "guest.no_space") {
    const left = await spaceLeft(String(fault.params["path"])).catch(() => roomToGoOn);
    if (left < roomToGoOn) throw fault;
  }
  await monitor.execute("cont");
}

/** Writes down that the guest stands still, if it does. An operation that is under way sees to its state itself. */
export async function noteDiskFault(fleet: FleetView, live: LiveGuest): Promise<void> {
  const { name } = await guestById(fleet.parts.store, live.id);
  const fault = await diskFault(live.monitor, name);
  if (!fault || !live.stuck) return;
  live.stuck = { why: fault };
  const since = fleet.now();
  await ail(fleet, live.id, fault, (record) => stuckIn(record, live, since));
}

/** The record as it is while the guest stands still; itself where the guest was let go on meanwhile. */
export function stuckIn(
  record: GuestRecord,
  { stuck }: Pick<LiveGuest, "stuck">,
  since: string,
): GuestRecord {
  const why = stuck?.why;
  if (!why) return record;
  const ill = ailing(record, why);
  if (ill.state !== "running" && ill.state !== "paused") return ill;
  const stateSince = ill.state === "paused" ? ill.stateSince : since;
  return { ...ill, state: "paused", stateSince, stateReason: why.message };
}

/** Milliseconds until it is tried again to write that down: what is full may be the store's disk as well. */
const again = 2000;

/** Notes it from now on. */
export function watchDisks(fleet: FleetView, live: LiveGuest): void {
  const { clock, log } = fleet.parts;
  live.monitor.onEvent(({ event }) => {
    if (event === "STOP" && live.stuck) void note();
  });
  async function note(): Promise<void> {
    while (live.stuck && !live.gone.aborted) {
      try {
        return await noteDiskFault(fleet, live);
      } catch (error) {
        log.warn(
          { err: error, guest: live.id },
          "that a guest's disk cannot be written could not be noted yet",
        );
        await clock.sleep(again, live.gone).catch(() => undefined);
      }
    }
  }
}
