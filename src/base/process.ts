import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

/**
 * A process as it can be found again: process ids are reused, a pair of id and start time is not
 * (within one boot of the host).
 */
export interface ProcessRef {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks since the host booted. */
  readonly startTime: string;
}

/** What /proc/PID/stat says from its third field on, the state; undefined where there is no process (a zombie counts as none). */
export function processFields(pid: number): string[] | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return undefined;
  }
  // The second field, the command's name, may hold spaces and parentheses: count from its end.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" || fields[0] === "X" ? undefined : fields;
}

/** The process with this id as it runs now, or undefined where there is none. */
export function processRef(pid: number): ProcessRef | undefined {
  const startTime = processFields(pid)?.[19];
  return startTime === undefined ? undefined : { pid, startTime };
}

export const isAlive = (ref: ProcessRef): boolean => processRef(ref.pid)?.startTime === ref.startTime;

/** Sends a signal to this very process; says whether it was there to get it. */
export function signalProcess(ref: ProcessRef, signal: NodeJS.Signals): boolean {
  if (!isAlive(ref)) return false;
  try {
    return process.kill(ref.pid, signal);
  } catch {
    return false;
  }
}

/** Waits until the process is gone; false when it still lives after `timeout` milliseconds. */
export async function waitGone(ref: ProcessRef, timeout: number): Promise<boolean> {
  const end = performance.now() + timeout;
  for (let pause = 2; isAlive(ref); pause = Math.min(pause * 2, 50)) {
    if (performance.now() > end) return false;
    await delay(pause);
  }
  return true;
}

/** Ends the process: SIGTERM, then SIGKILL after `grace` milliseconds. Idempotent. */
export async function endProcess(ref: ProcessRef, grace = 2000): Promise<void> {
  if (!signalProcess(ref, "SIGTERM")) return;
  if (await waitGone(ref, grace)) return;
  signalProcess(ref, "SIGKILL");
  await waitGone(ref, 5000);
}
