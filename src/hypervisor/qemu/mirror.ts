/**
 * Copies a running machine's disk to another file, which it then goes on with (blockdev-mirror, qapi/block-core.json).
 *
 *   running ───────► ready ─────────────► concluded ──► (dismissed)
 *   copies           both files get       pivot(): the machine writes to the target alone
 *     │              each write
 *     └── abandon() ──┘ the machine writes to the source alone, as ever
 *
 * A job belongs to QEMU: it goes on while no daemon is there, and is found again by its id.
 */
import { LodgeError } from "#contract/errors";
import type { Monitor } from "./monitor.ts";
import { abandon, jobNow, reach, releaseNode } from "./stream.ts";

export interface Mirror {
  readonly job: string;
  /** The node that the machine writes to. */
  readonly from: string;
  /** The node of the target. */
  readonly to: string;
}

/** What the target is, as blockdev-add takes it. */
export interface MirrorTarget {
  readonly file: string;
  readonly format: "qcow2" | "raw";
  readonly device: boolean;
}

export const targetNode = (to: string, { file, format, device }: MirrorTarget): object => ({
  driver: format,
  "node-name": to,
  discard: "unmap",
  "detect-zeroes": "unmap",
  file: { driver: device ? "host_device" : "file", filename: file, discard: "unmap", aio: "threads" },
});

/** Begins to copy; a job of this id that is there already goes on. */
export async function beginMirror(
  monitor: Monitor,
  { job, from, to }: Mirror,
  target: MirrorTarget,
): Promise<void> {
  if (await jobNow(monitor, job)) return;
  await monitor.execute("blockdev-add", { ...targetNode(to, target) });
  // Once both are equal they stay so: a guest that writes faster than the target takes it waits for that.
  const how = { sync: "full", "copy-mode": "write-blocking", "auto-dismiss": false };
  await monitor.execute("blockdev-mirror", { "job-id": job, device: from, target: to, ...how });
}

/** Waits until both are equal. @throws LodgeError host.qemu_failed, host.qemu_gone; the signal's reason. */
export async function mirrored(
  monitor: Monitor,
  job: string,
  options: { readonly signal: AbortSignal; readonly onProgress: (fraction: number) => void },
): Promise<void> {
  const report = async () => {
    const now = await jobNow(monitor, job).catch(() => undefined);
    if (now && now["total-progress"] > 0) options.onProgress(now["current-progress"] / now["total-progress"]);
  };
  const watch = setInterval(() => void report(), 500);
  try {
    if ((await reach(monitor, job, ["ready", "concluded"], options.signal)) === "ready") return;
  } finally {
    clearInterval(watch);
  }
  const failed = await jobNow(monitor, job);
  throw new LodgeError("host.qemu_failed", { command: "blockdev-mirror" }, { detail: failed?.error });
}

/**
 * Lets the machine go on with the target alone.
 * @returns what QEMU says against it, in its own words; then it goes on with the source
 */
export async function pivot(monitor: Monitor, job: string): Promise<string | undefined> {
  const now = await jobNow(monitor, job);
  if (!now) return undefined;
  if (now.status === "ready") await monitor.execute("job-complete", { id: job });
  await reach(monitor, job, ["concluded"]);
  const ended = await jobNow(monitor, job);
  await monitor.execute("job-dismiss", { id: job });
  return ended?.error;
}

/** Ends a copying, if there is one, before the machine went on with the target, which is closed. Idempotent. */
export async function giveUp(monitor: Monitor, { job, to }: Pick<Mirror, "job" | "to">): Promise<void> {
  await abandon(monitor, job);
  await releaseNode(monitor, to);
}
