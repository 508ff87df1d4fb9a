/**
 * A running machine's disks on their way to another QEMU, which has what they stand on: what the topmost file of each holds
 * is copied over NBD (blockdev-mirror, qapi/block-core.json), and from then on each write is made at both ends.
 *
 *   copying ──► both are equal, and stay so ──► machine stands still ──► concluded: what the source has, the target has
 *      └──────────── giveUpDisks() ─────────────────┘  the source writes to its own alone, as ever
 */
import { LodgeError } from "#contract/errors";
import { conclude, giveUpJob, jobNow, type JobOptions, untilCopied } from "../job.ts";
import type { Monitor } from "../monitor.ts";
import { releaseNode } from "../stream.ts";
import { diskRoute, type DisksOut } from "./route.ts";

export interface DiskOut {
  /** By which both ends know it: a disk's id. */
  readonly id: string;
  /** The node that the machine writes to now. */
  readonly node: string;
}

const jobOf = (disk: string): string => `move-${disk}`;
/** Begins with the disk's id, so that it is let go of with whatever else was put over that. */
const nodeOf = (disk: string): string => `${disk}-moving`;

/** Can QEMU let a mirror follow at leisure first, and hold writes up for it only near the end? */
export const followsFirst = (commands: readonly string[]): boolean => commands.includes("block-job-change");

/** The node of a disk of the other QEMU's, by NBD. Zeroes go as a word, not as bytes. */
const remoteNode = async (monitor: Monitor, disk: string, out: DisksOut) => ({
  driver: "nbd",
  "node-name": nodeOf(disk),
  ...(await diskRoute(monitor, disk, out)),
  export: disk,
  discard: "unmap",
  "detect-zeroes": "unmap",
});

/** Begins to copy each; one that is under way goes on. */
export async function beginDisks(
  monitor: Monitor,
  disks: readonly DiskOut[],
  how: { readonly out: DisksOut; readonly followFirst: boolean; readonly speed: number },
): Promise<void> {
  for (const { id, node } of disks) {
    if (await jobNow(monitor, jobOf(id))) continue;
    await monitor.execute("blockdev-add", await remoteNode(monitor, id, how.out));
    await monitor.execute("blockdev-mirror", {
      "job-id": jobOf(id),
      device: node,
      target: nodeOf(id),
      sync: "top",
      speed: how.speed,
      "copy-mode": how.followFirst ? "background" : "write-blocking",
      "auto-dismiss": false,
    });
  }
}

/** Waits until all are equal, and stay so. @throws LodgeError host.qemu_failed, host.qemu_gone; the signal's reason. */
export async function disksEqual(
  monitor: Monitor,
  disks: readonly DiskOut[],
  { followFirst, signal, onProgress }: JobOptions & { readonly followFirst: boolean },
): Promise<void> {
  const shares = new Map(disks.map(({ id }) => [id, 0]));
  const wait = async (id: string) => {
    await untilCopied(monitor, jobOf(id), {
      signal,
      goal: "ready",
      command: "blockdev-mirror",
      onProgress: (fraction) => {
        shares.set(id, fraction);
        onProgress(shares.values().reduce((sum, share) => sum + share, 0) / disks.length);
      },
    });
    if (!followFirst) return;
    const change = { id: jobOf(id), type: "mirror", "copy-mode": "write-blocking" };
    await monitor.execute("block-job-change", change);
  };
  await Promise.all(disks.map(({ id }) => wait(id)));
}

/**
 * Ends the copying while the machine stands still: what is at the other end is what is here.
 * @throws LodgeError host.qemu_failed where it is not.
 */
export async function concludeDisks(monitor: Monitor, disks: readonly DiskOut[]): Promise<void> {
  await Promise.all(
    disks.map(async ({ id }) => {
      // Told to stop by this command, a mirror that is ready first writes what is left; by job-cancel it would not.
      const how = {
        from: "ready",
        by: "block-job-cancel",
        named: "device",
        gone: "it is not copied any more",
      } as const;
      const failed = await conclude(monitor, jobOf(id), how);
      if (failed !== undefined) throw notEqual(failed);
      await releaseNode(monitor, nodeOf(id));
    }),
  );
}

const notEqual = (detail: string): LodgeError =>
  new LodgeError("host.qemu_failed", { command: "blockdev-mirror" }, { detail });

/** Ends whatever copying there is; the machine writes to its own disks alone. Idempotent. */
export async function giveUpDisks(monitor: Monitor, disks: readonly string[]): Promise<void> {
  for (const id of disks) {
    await giveUpJob(monitor, jobOf(id));
    await releaseNode(monitor, nodeOf(id));
  }
}
