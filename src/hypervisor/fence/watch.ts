/**
 * What a fence knows and what follows from it. Pure: whoever calls brings the time, of a clock that nobody can set
 * and that goes on while the computer sleeps (bootTime() of base/libc).
 *
 *            told: until, guests
 *   idle ◄──────────────────────── no guests ───┐
 *     │ told of guests                          │
 *     ▼              the deadline passes        │
 *   holding ──────────────────────────────► refusing: its guests are ended, also those that begin from now on
 *     ▲                                         │
 *     └──────────── told a later deadline ──────┘
 */
import type { ProcessRef } from "#base/process";

/** A guest that may run only until the deadline. */
export interface Held {
  readonly id: string;
  /** What an argument of its QEMU contains, and of no other guest's: by this one is found that has just begun. */
  readonly mark: string;
  /** Where its process is known. */
  readonly process?: ProcessRef;
}

/** All that a fence is told, each time anew. */
export interface Told {
  /** Milliseconds of bootTime(). */
  readonly until: number;
  readonly guests: readonly Held[];
}

export type Phase = "idle" | "holding" | "refusing";

/** Milliseconds after which it looks again whatever its timer says: timers stand still while a computer sleeps. */
const longestWait = 250;
/** Between two looks for processes that have begun since: soon at first, then so that it costs nothing. */
const [soon, later] = [200, 1000];
const soonFor = 3000;

export class Watch {
  #told: Told = { until: 0, guests: [] };

  tell(told: Told): void {
    this.#told = told;
  }

  get guests(): readonly Held[] {
    return this.#told.guests;
  }

  get until(): number {
    return this.#told.until;
  }

  phase(now: number): Phase {
    if (this.#told.guests.length === 0) return "idle";
    return now < this.#told.until ? "holding" : "refusing";
  }

  /** Milliseconds until it is to look again; undefined where nothing can happen before it is told something. */
  wait(now: number): number | undefined {
    switch (this.phase(now)) {
      case "idle":
        return undefined;
      case "holding":
        return Math.min(this.#told.until - now, longestWait);
      case "refusing":
        return now - this.#told.until < soonFor ? soon : later;
    }
  }
}
