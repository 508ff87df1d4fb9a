/**
 * A QEMU that waits for a machine from another (send.ts has the whole sequence). It was started with `incoming` deferred
 * and stands still, also when everything has come, until it is told to go on.
 */
import { hasCode, LodgeError } from "#contract/errors";
import { setCapabilities, unlimited, type MigrationInfo } from "../migrate.ts";
import type { Monitor, QmpEvent } from "../monitor.ts";
import { flushNode } from "../stream.ts";
import { serverRoute, type DisksIn } from "./route.ts";

export interface Arrival {
  /** A unix socket that it is to listen at, where it may make one: for memory and devices. */
  readonly socket: string;
  /** For disks, as NBD. */
  readonly disksIn: DisksIn;
  /** The disks to be written from afar: their nodes, called as the other side calls the disks. */
  readonly disks: readonly { readonly id: string; readonly node: string }[];
  /** The other side writes to some of its disks where they are: nothing of them is touched until it goes on here. */
  readonly shared?: boolean;
}

/** Listens. To be called before the folder of its sockets is closed to it. What it is given of sockets stays the caller's, too. */
export async function awaitMachine(monitor: Monitor, arrival: Arrival): Promise<void> {
  const { shared = false } = arrival;
  // A machine that is to stand still takes its disks over by it: takeDisks().
  if (arrival.disks.length > 0 || shared) {
    await monitor.execute("nbd-server-start", {
      ...(await serverRoute(monitor, arrival.disksIn)),
      "max-connections": 2 * Math.max(1, arrival.disks.length),
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
  const late = shared ? (["late-block-activate"] as const) : [];
  await setCapabilities(monitor, ["events", "pause-before-switchover", ...late]);
  // It announces itself once it is decided that it goes on here: announce().
  await monitor.execute("migrate-set-parameters", { ...unlimited, "announce-rounds": 0 });
  await monitor.execute("migrate-incoming", { uri: `unix:${arrival.socket}` });
}

/**
 * All that was written to the disks is on them; nobody writes to them from afar any more. Idempotent.
 *
 * @param shared some of its disks are taken where they are: those are exported yet, to be taken over
 */
export async function disksCame(monitor: Monitor, disks: Arrival["disks"], shared = false): Promise<void> {
  const exports = await monitor.execute<readonly { readonly id: string }[]>("query-block-exports");
  if (shared) for (const { id } of exports) await closeExport(monitor, id);
  else if (exports.length > 0) await monitor.execute("nbd-server-stop");
  await Promise.all(disks.map(({ node }) => flushNode(monitor, node)));
}

/** Resolves when whoever was connected to it is no more. */
async function closeExport(monitor: Monitor, id: string): Promise<void> {
  const isIt = ({ event, data }: QmpEvent) => event === "BLOCK_EXPORT_DELETED" && data["id"] === id;
  const gone = monitor.nextEvent(isIt);
  await monitor.execute("block-export-del", { id, mode: "hard" });
  await gone;
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

/**
 * It goes on here: lets it run, where it is to, and tells the network where it is. Idempotent.
 *
 * @param taken all that it writes to, where some of that is taken over only now
 */
export async function goOnHere(monitor: Monitor, runs: boolean, taken?: readonly string[]): Promise<void> {
  if (runs) await monitor.execute("cont");
  else if (taken) await takeDisks(monitor, taken);
  await monitor.execute("announce-self", announcements);
  if (taken) await stopServer(monitor);
}

/**
 * Of a machine that is not to run QEMU takes over only what it exports (`blockdev-set-active` is in 10.0): each disk is exported for a
 * moment, to nobody.
 */
async function takeDisks(monitor: Monitor, nodes: readonly string[]): Promise<void> {
  for (const node of nodes) {
    const id = `take-${node}`;
    await monitor.execute("block-export-add", { id, type: "nbd", name: id, "node-name": node });
    await closeExport(monitor, id);
  }
}

async function stopServer(monitor: Monitor): Promise<void> {
  await monitor.execute("nbd-server-stop").catch((error: unknown) => {
    // An earlier daemon did it.
    if (!hasCode(error, "host.qemu_failed")) throw error;
  });
}
