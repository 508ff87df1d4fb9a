/**
 * A QEMU that waits for a machine from another (send.ts has the whole sequence). It was started with `incoming` deferred
 * and stands still, also when everything has come, until it is told to go on.
 */
import { LodgeError } from "#contract/errors";
import { setCapabilities, unlimited, type MigrationInfo } from "../migrate.ts";
import type { Monitor } from "../monitor.ts";
import { flushNode } from "../stream.ts";

export interface Arrival {
  /** Sockets that it is to listen at, where it may make some: for memory and devices, and for disks as NBD. */
  readonly socket: string;
  readonly disksSocket: string;
  /** The disks to be written from afar: their nodes, called as the other side calls the disks. */
  readonly disks: readonly { readonly id: string; readonly node: string }[];
}

/** Listens. To be called before the folder of its sockets is closed to it. */
export async function awaitMachine(monitor: Monitor, arrival: Arrival): Promise<void> {
  if (arrival.disks.length > 0) {
    await monitor.execute("nbd-server-start", {
      addr: { type: "unix", data: { path: arrival.disksSocket } },
      "max-connections": 2 * arrival.disks.length,
    });
    for (const { id, node } of arrival.disks)
      await monitor.execute("block-export-add", {
        id: `move-${id}`,
        type: "nbd",
        name: id,
        "node-name": node,
        writable: true,
      });
  }
  await setCapabilities(monitor, ["events", "pause-before-switchover"]);
  // It announces itself once it is decided that it goes on here: announce().
  await monitor.execute("migrate-set-parameters", { ...unlimited, "announce-rounds": 0 });
  await monitor.execute("migrate-incoming", { uri: `unix:${arrival.socket}` });
}

/** All that was written to the disks is on them; nobody writes to them from afar any more. Idempotent. */
export async function disksCame(monitor: Monitor, disks: Arrival["disks"]): Promise<void> {
  const exports = await monitor.execute<readonly unknown[]>("query-block-exports");
  if (exports.length > 0) await monitor.execute("nbd-server-stop");
  await Promise.all(disks.map(({ node }) => flushNode(monitor, node)));
}

/**
 * Waits until the machine is there, standing still.
 * @throws LodgeError host.qemu_gone when QEMU could not load it, and has ended: its log says why; host.qemu_failed.
 */
export async function machineCame(monitor: Monitor, signal?: AbortSignal): Promise<void> {
  const ends = ["completed", "failed"];
  const found = new AbortController();
  const event = monitor.nextEvent(
    ({ event: name, data }) => name === "MIGRATION" && ends.includes(String(data["status"])),
    signal ? AbortSignal.any([signal, found.signal]) : found.signal,
  );
  event.catch(() => undefined);
  try {
    const { status = "none" } = await monitor.execute<MigrationInfo>("query-migrate");
    const ended = ends.includes(status) ? status : String((await event).data["status"]);
    if (ended === "completed") return;
    throw new LodgeError("host.qemu_failed", { command: "migrate-incoming" });
  } finally {
    found.abort();
  }
}

/** Milliseconds between announcements: soon, since whoever sends to it sends to where it was. */
const announcements = { initial: 10, max: 500, rounds: 6, step: 50 };

/** It goes on here: lets it run, where it is to, and tells the network where it is. */
export async function goOnHere(monitor: Monitor, runs: boolean): Promise<void> {
  if (runs) await monitor.execute("cont");
  await monitor.execute("announce-self", announcements);
}
