/**
 * Copies a running machine's disk to another file, which it then goes on with (blockdev-mirror, qapi/block-core.json).
 *
 *   running ───────► ready ─────────────► concluded ──► (dismissed)
 *   copies           both files get       pivot(): the machine writes to the target alone
 *     │              each write
 *     └── giveUp() ───┘ the machine writes to the source alone, as ever
 */
import { fileNode } from "./disk.ts";
import { conclude, giveUpJob, jobNow, type JobOptions, untilCopied } from "./job.ts";
import type { Monitor } from "./monitor.ts";
import type { LinkPlan } from "./plan.ts";
import { forgetSecrets, tellSecrets, type Passphrase } from "./secret.ts";
import { releaseNode } from "./stream.ts";

export interface Mirror {
  readonly job: string;
  /** The node that the machine writes to. */
  readonly from: string;
  /** The node of the target. */
  readonly to: string;
}

/** What the target is. */
export interface MirrorTarget extends Omit<LinkPlan, "node" | "secret"> {
  /** What it is encrypted with. */
  readonly secret?: Passphrase;
}

export const targetNode = (to: string, { secret, ...file }: MirrorTarget): object =>
  fileNode({ ...file, node: to, ...(secret === undefined ? {} : { secret: secret.id }) });

/** Begins to copy; a job of this id that is there already goes on. */
export async function beginMirror(
  monitor: Monitor,
  { job, from, to }: Mirror,
  target: MirrorTarget,
): Promise<void> {
  if (await jobNow(monitor, job)) return;
  await tellSecrets(monitor, target.secret === undefined ? [] : [target.secret]);
  await monitor.execute("blockdev-add", { ...targetNode(to, target) });
  // Once both are equal they stay so: a guest that writes faster than the target takes it waits for that.
  const how = { sync: "full", "copy-mode": "write-blocking", "auto-dismiss": false };
  await monitor.execute("blockdev-mirror", { "job-id": job, device: from, target: to, ...how });
}

/** Waits until both are equal. @throws LodgeError host.qemu_failed, host.qemu_gone; the signal's reason. */
export const mirrored = (monitor: Monitor, job: string, options: JobOptions): Promise<void> =>
  untilCopied(monitor, job, { ...options, goal: "ready", command: "blockdev-mirror" });

/**
 * Lets the machine go on with the target alone.
 * @returns what QEMU says against it, in its own words; then it goes on with the source
 */
export const pivot = (monitor: Monitor, job: string): Promise<string | undefined> =>
  conclude(monitor, job, { from: "ready", by: "job-complete", gone: "it is not copied any more" });

/** Ends a copying, if there is one, before the machine went on with the target, which is closed. Idempotent. */
export async function giveUp(monitor: Monitor, { job, to }: Pick<Mirror, "job" | "to">): Promise<void> {
  await giveUpJob(monitor, job);
  await releaseNode(monitor, to);
  await forgetSecrets(monitor);
}
