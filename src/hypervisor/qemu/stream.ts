/**
 * Shortens the chain of files below a running machine's disk: what the files between the top and a base hold is
 * copied up into the top, which then stands on the base. The machine reads and writes all the while.
 *
 *   running ──────► pending ──────► concluded ──► (dismissed)     a job of QEMU's (qapi/job.json)
 *   copies          has copied      joinBase(): top and its
 *     │               │             header name the base
 *     └── giveUpJob() ┘ the chain is as it was; what was copied is no loss: the next job need not copy it again
 */
import { hasCode, LodgeError } from "#contract/errors";
import { isStackedOn } from "./disk.ts";
import { conclude, jobNow, type JobOptions, untilCopied } from "./job.ts";
import type { Monitor } from "./monitor.ts";

export interface StreamPlan {
  /** The job's id. */
  readonly job: string;
  /** The top's node. */
  readonly node: string;
  /** The base's file, as the chain names it. */
  readonly base: string;
  /** The base's node, where the chain is not opened by what its headers name. */
  readonly baseNode?: string;
  /** Bytes a second that are copied at most; 0: as fast as can be. */
  readonly speed: number;
}

/** Begins to copy; a job of this id that is there already goes on. */
export async function beginStream(monitor: Monitor, plan: StreamPlan): Promise<void> {
  const { job, node, base, baseNode, speed } = plan;
  if (await jobNow(monitor, job)) return;
  const held = { "auto-finalize": false, "auto-dismiss": false };
  // By itself QEMU would write into the header all that it takes to open the base.
  const to = baseNode === undefined ? { base } : { "base-node": baseNode, "backing-file": base };
  await monitor.execute("block-stream", { "job-id": job, device: node, ...to, speed, ...held });
}

/**
 * Waits until everything is copied.
 * @throws LodgeError host.qemu_failed where it could not be; host.qemu_gone; the signal's reason.
 */
export const copied = (monitor: Monitor, job: string, options: JobOptions): Promise<void> =>
  untilCopied(monitor, job, { ...options, goal: "pending", command: "block-stream" });

/**
 * Brings what was copied to the disk. QEMU does not when it ends the job: the tables that lead to the copied
 * clusters may be in its memory alone, while the file's header already says that nothing below is needed.
 */
export async function flushNode(monitor: Monitor, node: string): Promise<void> {
  // No command of QMP's flushes. This one prints nothing unless it cannot.
  const command = { "command-line": `qemu-io ${node} flush` };
  const said = (await monitor.execute<string>("human-monitor-command", command)).trim();
  if (said !== "") throw new LodgeError("host.qemu_failed", { command: "flush" }, { detail: said });
}

/**
 * Lets the top stand on the base, once all is copied and flushed.
 * @returns what QEMU says against it, in its own words; then the chain is as it was.
 */
export const joinBase = (monitor: Monitor, job: string): Promise<string | undefined> =>
  conclude(monitor, job, { from: "pending", by: "job-finalize" });

/**
 * Lets go of the node that a disk began with, once nothing uses it. It belongs to whoever named it at QEMU's start,
 * so that QEMU keeps its file and all files below it open, and the space of those that were removed.
 * @returns whether it is gone by this.
 */
export async function releaseNode(monitor: Monitor, node: string): Promise<boolean> {
  try {
    await monitor.execute("blockdev-del", { "node-name": node });
    return true;
  } catch (error) {
    // It is in use still, or was let go of before.
    if (!hasCode(error, "host.qemu_failed")) throw error;
    return false;
  }
}

/** Lets go of the nodes that were put over a disk and that nothing uses any more; those in use stay. */
export async function releaseStacked(monitor: Monitor, disk: string): Promise<void> {
  const nodes = await monitor.execute<{ readonly "node-name": string }[]>("query-named-block-nodes", {
    flat: true,
  });
  let names = nodes.map((node) => node["node-name"]).filter((name) => isStackedOn(disk, name));
  // What stands on another keeps that in use: each time round, the topmost of those that are left go.
  for (let before = -1; names.length !== before;) {
    before = names.length;
    const left: string[] = [];
    for (const name of names) if (!(await releaseNode(monitor, name))) left.push(name);
    names = left;
  }
}
