/**
 * Who goes first when processors are short: Linux shares them out among control groups, and where there are none
 * for guests among sessions (sched(7), "The autogroup feature"); every guest's QEMU is a group of its own and
 * leads a session of its own. A share is for all threads in it at once.
 *
 * A fork that becomes itself is waited for, and so is a command's answer; what else a guest does, above all in
 * its first seconds, is not. So without precedence ten guests made at once would wait for each other's
 * background work.
 *
 * Where neither is to be had, or for want of privilege, nothing happens.
 */
import { readFileSync, writeFileSync } from "node:fs";

/** Nice values, from -20 (goes first) to 19; each step is about a quarter more or less. */
const nice = { last: 10, ordinary: 0, awaited: -15, daemon: -18 } as const;

export type Precedence = keyof typeof nice;

/** The same, as what a group's weight is multiplied with: sched_prio_to_weight[] of the kernel, by its nice 0. */
export const weightFactor: Readonly<Record<Precedence, number>> = {
  last: 110 / 1024,
  ordinary: 1,
  awaited: 29154 / 1024,
  daemon: 56483 / 1024,
};

/** Sets how a process goes before others, if it leads a session of its own. */
export function setPrecedence(pid: number, precedence: Precedence): void {
  try {
    if (leadsSession(pid)) writeFileSync(`/proc/${pid}/autogroup`, String(nice[precedence]));
  } catch {
    // It runs as it is.
  }
}

/** Field 6 of /proc/PID/stat (proc_pid_stat(5)); the second, the command's name, may hold spaces. */
export function leadsSession(pid: number): boolean {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[3] === String(pid);
}
