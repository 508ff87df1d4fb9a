/**
 * A running machine's disks, copied to another host for as long as it runs (blockdev-mirror, qapi/block-core.json): each write is made at
 * both ends before the machine hears that it is done.
 *
 *   copying ──► both are equal, and stay so
 *      │            │ the connection is gone: writes wait for it (`hold`); then the machine goes on, the job stands still,
 *      │            │ and what is written meanwhile is kept count of
 *      └─ resume() ◄┘ once there is a connection again: only that is copied
 *
 * QEMU connects again by itself, to the same socket.
 */
import type { DiskOut } from "./migrate/disks-out.ts";
import { giveUpJob } from "./job.ts";
import type { Monitor } from "./monitor.ts";
import { releaseNode } from "./stream.ts";

/** Seconds for which writes wait for a connection that is gone. */
export const hold = 8;

const jobOf = (disk: string): string => `replica-${disk}`;
/** Begins with the disk's id, so that it is let go of with whatever else was put over that. */
const nodeOf = (disk: string): string => `${disk}-replica`;

interface BlockJob {
  readonly device: string;
  readonly len: number;
  readonly offset: number;
  readonly status: string;
  readonly "io-status": string;
}

/** How the copying of all disks together stands. */
export interface Mirroring {
  /** Bytes that are to be copied yet, of those that QEMU has counted. */
  readonly left: number;
  /** Bytes of all that was to be copied since it began. */
  readonly total: number;
  /** It stands still: something could not be written, and the machine has gone on without. */
  readonly halted: boolean;
  readonly equal: boolean;
}

/** Undefined: not all of them are copied, or none is. */
export async function mirroring(monitor: Monitor, disks: readonly string[]): Promise<Mirroring | undefined> {
  const jobs = await monitor.execute<BlockJob[]>("query-block-jobs");
  const found = disks.flatMap((id) => jobs.filter(({ device }) => device === jobOf(id)));
  if (found.length === 0 || found.length < disks.length) return undefined;
  if (found.some(({ status }) => ["concluded", "aborting", "null"].includes(status))) return undefined;
  const left = found.reduce((sum, { len, offset }) => sum + Math.max(0, len - offset), 0);
  const halted = found.some(({ status, "io-status": io }) => status === "standby" || io !== "ok");
  const ready = found.every(({ status }) => status === "ready");
  return { left, total: found.reduce((sum, { len }) => sum + len, 0), halted, equal: ready && left === 0 };
}

/** Begins to copy what the topmost file of each holds. */
export async function beginMirroring(
  monitor: Monitor,
  disks: readonly DiskOut[],
  socket: string,
): Promise<void> {
  for (const { id, node } of disks) {
    await monitor.execute("blockdev-add", {
      driver: "nbd",
      "node-name": nodeOf(id),
      server: { type: "unix", path: socket },
      export: id,
      discard: "unmap",
      "detect-zeroes": "unmap",
      "reconnect-delay": hold,
    });
    await monitor.execute("blockdev-mirror", {
      "job-id": jobOf(id),
      device: node,
      target: nodeOf(id),
      sync: "top",
      "copy-mode": "write-blocking",
      "on-target-error": "stop",
      "auto-dismiss": false,
    });
  }
}

/** Lets those go on that stand still. Where there is no connection yet, they stand still again. */
export async function resumeMirroring(monitor: Monitor, disks: readonly string[]): Promise<void> {
  const jobs = await monitor.execute<BlockJob[]>("query-block-jobs");
  for (const id of disks) {
    const job = jobs.find(({ device }) => device === jobOf(id));
    if (job && (job.status === "standby" || job["io-status"] !== "ok"))
      await monitor.execute("block-job-resume", { device: jobOf(id) }).catch(() => undefined);
  }
}

/** Is this what QEMU says where one of them could not write? */
export const isMirrorError = (event: string, data: Readonly<Record<string, unknown>>): boolean =>
  event === "BLOCK_JOB_ERROR" && String(data["device"]).startsWith(jobOf(""));

/** Ends it; what waits for the other end goes on at once. Idempotent. */
export async function endMirroring(monitor: Monitor, disks: readonly string[]): Promise<void> {
  for (const id of disks) {
    await monitor.execute("block-job-cancel", { device: jobOf(id), force: true }).catch(() => undefined);
    await giveUpJob(monitor, jobOf(id));
    await releaseNode(monitor, nodeOf(id));
  }
}
