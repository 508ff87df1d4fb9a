/**
 * Guests' control groups: what a guest's QEMU and its TPM may take together, and what they have taken.
 *
 *   make (with its limits) ──► enter (each process, before it runs) ──► limit, precede, usage … ──► remove
 *
 * A group outlives the daemon, as the guest does. Its name is `lodge-TAG-GUEST`, so that two Lodges do not meet,
 * and a daemon finds what an earlier one left. Calls are synchronous: each writes a few bytes to the kernel.
 *
 * Two implementations, for the kernel's two interfaces, and `noGroups` where Lodge may use neither. They pass one
 * conformance suite. What is not mounted, or not delegated, is left out: `controllers` says what counts.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { MemoryRoom } from "./memory-room.ts";
import { setPrecedence, type Precedence } from "./precedence.ts";

export type Controller = "cpu" | "cpuset" | "memory" | "pids";

export const allControllers: readonly Controller[] = ["cpu", "cpuset", "memory", "pids"];

/** What is left out is not limited. */
export interface GroupLimits {
  /** Its share where processors are short, against others': 1 to 10,000; by default 100. */
  readonly weight?: number | undefined;
  /** Processors it may take at once: 0.5 is half of one. */
  readonly cap?: number | undefined;
  /** The host's processors it may run on, as cpuset(7) lists them: "0-3,8". */
  readonly pin?: string | undefined;
  /** The host's memory nodes it may take from, likewise. */
  readonly nodes?: string | undefined;
  /** Bytes of memory, all processes' in it together. */
  readonly memory?: number | undefined;
  /** Bytes that may be swapped out. */
  readonly swap?: number | undefined;
  /** Processes and threads. */
  readonly tasks?: number | undefined;
}

/** What cannot be known is left out. */
export interface GroupUsage {
  readonly cpuSeconds?: number;
  /** Seconds that threads in it stood still because of its cap. */
  readonly throttledSeconds?: number;
  /** Bytes, with what the kernel holds for it: its sockets, its files' pages. */
  readonly memory?: number;
  readonly swapped?: number;
}

export interface Groups {
  readonly version: 1 | 2 | "none";
  readonly controllers: ReadonlySet<Controller>;
  /** Makes the guest's group, if it is not there, and sets its limits. */
  make(guest: string, limits: GroupLimits): void;
  /** Puts a process with all its threads into the guest's group; what it starts is born there. */
  enter(guest: string, pid: number): void;
  /** Takes the place of all limits it had; precedence stays. Nothing, where there is no such group. */
  limit(guest: string, limits: GroupLimits): void;
  /** Lets the guest go before others, or as its weight says. `pid`: its QEMU's. */
  precede(guest: string, pid: number, precedence: Precedence): void;
  usage(guest: string): GroupUsage | undefined;
  /** Idempotent. False: a process is still in it. */
  remove(guest: string): boolean;
  /** Guests that have a group, of this Lodge. */
  list(): string[];
  /** What all guests together may have of memory, where what their groups lie in has a limit. */
  room(): MemoryRoom | undefined;
  /**
   * The kernel lets a process change groups only once every processor has passed a quiet point: some 20 ms the
   * first time, hardly any while that lasts. Awaited by nobody, it takes that time off the way of what follows.
   */
  warm(): Promise<void>;
}

/** Where guests have no groups, sessions share processors out. */
export const noGroups: Groups = {
  version: "none",
  controllers: new Set(),
  make: () => undefined,
  enter: () => undefined,
  limit: () => undefined,
  precede: (_guest, pid, precedence) => setPrecedence(pid, precedence),
  usage: () => undefined,
  remove: () => true,
  list: () => [],
  room: () => undefined,
  warm: async () => undefined,
};

/**
 * Removes the group of a guest whose processes have ended: the last threads of one may be in it for some
 * milliseconds more. One that stays busy is left to the next daemon, which removes what is nobody's.
 */
export async function clearGroup(groups: Pick<Groups, "remove">, guest: string): Promise<void> {
  for (let pause = 2; !groups.remove(guest) && pause < 1000; pause *= 2) await delay(pause);
}

/** By how much a group's weight is multiplied by default, and what a process is told of the rest. */
export const ordinaryWeight = 100;

/** Microseconds in which a capped group may take its share; the kernel's own default. */
export const period = 100_000;
/** Microseconds: the kernel takes no less. */
export const leastQuota = 1000;

export const quotaOf = (cap: number): number => Math.max(leastQuota, Math.round(cap * period));

export const groupName = (tag: string, guest: string): string => `lodge-${tag}-${guest}`;

/** The guest of a group's name, if it is this Lodge's. */
export function guestOf(tag: string, name: string): string | undefined {
  const prefix = groupName(tag, "");
  return name.startsWith(prefix) && name.length > prefix.length ? name.slice(prefix.length) : undefined;
}
