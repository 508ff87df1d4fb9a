/**
 * Jobs of QEMU's (qapi/job.json), which copy while the machine runs. One belongs to QEMU: it goes on while no daemon is
 * there, and is found again by its id.
 *
 *   running ──► the goal: all is copied ── conclude() ──► concluded ──► (dismissed)
 *     │           │
 *     └── giveUpJob() ──► concluded ──► (dismissed)
 */
import { LodgeError } from "#contract/errors";
import type { Monitor } from "./monitor.ts";

interface JobInfo {
  readonly id: string;
  readonly status: string;
  readonly "current-progress": number;
  readonly "total-progress": number;
  readonly error?: string;
}

export interface JobOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (fraction: number) => void;
}

export const jobNow = async (monitor: Monitor, job: string): Promise<JobInfo | undefined> =>
  (await monitor.execute<JobInfo[]>("query-jobs")).find(({ id }) => id === job);

/**
 * Waits until the job has copied all, and is told what to do with it.
 *
 * @param options.goal the state that it is in then
 * @param options.command what began it
 * @throws LodgeError host.qemu_failed where it ended before; host.qemu_gone; the signal's reason.
 */
export async function untilCopied(
  monitor: Monitor,
  job: string,
  options: JobOptions & { readonly goal: string; readonly command: string },
): Promise<void> {
  const { goal, command, signal, onProgress } = options;
  const report = async () => {
    const now = await jobNow(monitor, job).catch(() => undefined);
    if (now && now["total-progress"] > 0) onProgress(now["current-progress"] / now["total-progress"]);
  };
  const watch = setInterval(() => void report(), 500);
  try {
    if ((await reach(monitor, job, [goal, "concluded"], signal)) === goal) return;
  } finally {
    clearInterval(watch);
  }
  const failed = await jobNow(monitor, job);
  throw new LodgeError("host.qemu_failed", { command }, { detail: failed?.error });
}

/**
 * Ends a job that has copied all with what it was begun for.
 *
 * @param how the state that it waits in, and what QEMU is told then (older commands call a job a device); what is to be said
 *   where there is no such job any more
 * @returns what QEMU says against it, in its own words; then all is as it was before
 */
export async function conclude(
  monitor: Monitor,
  job: string,
  how: {
    readonly from: string;
    readonly by: string;
    readonly named?: "id" | "device";
    readonly gone?: string;
  },
): Promise<string | undefined> {
  const now = await jobNow(monitor, job);
  if (!now) return how.gone;
  if (now.status === how.from) await monitor.execute(how.by, { [how.named ?? "id"]: job });
  await reach(monitor, job, ["concluded"]);
  // QEMU takes them one after another: the guest may stand still for this.
  const [ended] = await Promise.all([jobNow(monitor, job), monitor.execute("job-dismiss", { id: job })]);
  return ended?.error;
}

/** Ends a job, if it is there, before it has changed anything. Idempotent. */
export async function giveUpJob(monitor: Monitor, job: string): Promise<void> {
  const now = await jobNow(monitor, job);
  if (!now) return;
  // It may end by itself at this moment, which is as good.
  if (now.status !== "concluded") await monitor.execute("job-cancel", { id: job }).catch(() => undefined);
  await reach(monitor, job, ["concluded"]);
  await monitor.execute("job-dismiss", { id: job });
}

/** Waits until the job is in one of these states, or gone; resolves to which. */
async function reach(
  monitor: Monitor,
  job: string,
  goals: readonly string[],
  signal?: AbortSignal,
): Promise<string> {
  const found = new AbortController();
  const change = monitor.nextEvent(
    ({ event, data }) =>
      event === "JOB_STATUS_CHANGE" &&
      data["id"] === job &&
      [...goals, "null"].includes(String(data["status"])),
    signal ? AbortSignal.any([signal, found.signal]) : found.signal,
  );
  change.catch(() => undefined);
  try {
    const status = (await jobNow(monitor, job))?.status ?? "null";
    if (status === "null" || goals.includes(status)) return status;
    return String((await change).data["status"]);
  } finally {
    found.abort();
  }
}
