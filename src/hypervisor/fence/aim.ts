/**
 * Ends processes surely and at once: each is held by a descriptor of its own from when it was told of, so that no other can
 * be hit that has its id meanwhile, and nothing has to be read before the signal.
 */
import { closeSync, readdirSync, readFileSync } from "node:fs";
import { pidfdOpen, pidfdSignal } from "#base/libc";
import { isAlive, processRef, signalProcess, type ProcessRef } from "#base/process";
import type { Held } from "./watch.ts";

const SIGKILL = 9;
const keyOf = ({ pid, startTime }: ProcessRef): string => `${pid}/${startTime}`;

export class Aim {
  readonly #pidfds = new Map<string, number>();
  /** Whoever waits for a disk dies only once that answers. */
  #dying = new Set<string>();

  /** Takes hold of the processes of these guests, and lets go of all others. */
  take(guests: readonly Held[]): void {
    const wanted = new Map(guests.flatMap(({ process }) => (process ? [[keyOf(process), process]] : [])));
    for (const [key, pidfd] of this.#pidfds)
      if (!wanted.has(key)) {
        closeSync(pidfd);
        this.#pidfds.delete(key);
      }
    for (const [key, ref] of wanted) {
      if (this.#pidfds.has(key)) continue;
      const pidfd = openVerified(ref);
      if (pidfd !== undefined) this.#pidfds.set(key, pidfd);
    }
  }

  /** Ends the guests' processes, those that were told of first; gives the ids of those that had one until now. */
  shoot(guests: readonly Held[]): string[] {
    const told = guests.flatMap(({ id, process }) => (process ? [{ id, process }] : []));
    const hit = told.filter(({ process }) => this.#kill(process));
    // Only then, since it takes longer.
    hit.push(...unknownOf(guests).filter(({ process }) => this.#kill(process)));
    const before = this.#dying;
    this.#dying = new Set(hit.map(({ process }) => keyOf(process)));
    return [...new Set(hit.filter(({ process }) => !before.has(keyOf(process))).map(({ id }) => id))];
  }

  /** Says whether it lived. */
  #kill(ref: ProcessRef): boolean {
    const held = this.#pidfds.get(keyOf(ref));
    const pidfd = held ?? openVerified(ref);
    if (pidfd === undefined) return signalProcess(ref, "SIGKILL");
    try {
      return pidfdSignal(pidfd, SIGKILL) && isAlive(ref);
    } finally {
      if (held === undefined) closeSync(pidfd);
    }
  }

  /** Does any process of these guests live? */
  sees(guests: readonly Held[]): boolean {
    return guests.some(({ process }) => process && isAlive(process)) || unknownOf(guests).length > 0;
  }
}

/** pidfd_open(2) takes whoever has the id now: it is the right one if it still is after the descriptor is there. */
function openVerified(ref: ProcessRef): number | undefined {
  const pidfd = pidfdOpen(ref.pid);
  if (pidfd < 0) return undefined;
  if (isAlive(ref)) return pidfd;
  closeSync(pidfd);
  return undefined;
}

/** QEMUs of these guests that began since, and what stands around one in its cell. Reads all of /proc. */
function unknownOf(guests: readonly Held[]): { readonly id: string; readonly process: ProcessRef }[] {
  const known = new Set(guests.flatMap(({ process }) => (process ? [keyOf(process)] : [])));
  return readdirSync("/proc").flatMap((name) => {
    const process = /^\d+$/.test(name) ? processRef(Number(name)) : undefined;
    if (!process || known.has(keyOf(process)) || !isQemu(process.pid)) return [];
    const words = argumentsOf(process.pid);
    const guest = guests.find(({ mark }) => words.includes(mark));
    return guest ? [{ id: guest.id, process }] : [];
  });
}

/** By its name alone: to read the arguments of a process whose memory is being changed means to wait for it. */
function isQemu(pid: number): boolean {
  return read(`/proc/${pid}/comm`).startsWith("qemu-system");
}

const argumentsOf = (pid: number): string => read(`/proc/${pid}/cmdline`);

function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
