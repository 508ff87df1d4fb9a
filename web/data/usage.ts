/**
 * What guests and the host use, over the last minutes: samples as they come, and rates between them. Kept
 * outside of React: a page that shows one guest is not drawn anew for the others.
 */
import { useSyncExternalStore } from "react";
import type { GuestUsage, Usage } from "#contract/schema/feed";

/** One moment. Rates are of the second before it. */
export interface Sample {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Processors' worth: 1.5 is one and a half. */
  readonly cpu: number;
  readonly memory: number;
  /** Bytes a second. */
  readonly diskRead: number;
  readonly diskWritten: number;
  readonly netReceived: number;
  readonly netSent: number;
}

/** Samples kept of each: five minutes. */
export const kept = 300;
export const hostId = "host";

type Counters = Partial<Omit<GuestUsage, "guest" | "memory" | "memoryOwn">>;

interface Series {
  /** The host that told of it; its counters are its process's there. */
  readonly from: string;
  readonly samples: readonly Sample[];
  readonly counters: Counters;
  readonly at: number;
}

interface Moment {
  readonly at: number;
  readonly from: string;
  readonly memory: number;
}

const none: readonly Sample[] = [];

export class UsageHistory {
  readonly #series = new Map<string, Series>();
  readonly #listeners = new Set<() => void>();

  /** `from`: the host of the cluster that tells of its guests; none: the one that answers the page. */
  add({ at: moment, host, guests }: Usage, from = hostId): void {
    const at = Date.parse(moment);
    const used = host.memory - host.memoryAvailable;
    if (from === hostId) this.#put(hostId, { at, from, memory: used }, { cpuSeconds: host.cpuSeconds });
    for (const { guest, memory, memoryOwn: _own, ...counters } of guests)
      this.#put(guest, { at, from, memory }, counters);
    // A guest that does not run any more has no line that goes on.
    const running = new Set([hostId, ...guests.map(({ guest }) => guest)]);
    for (const [id, series] of this.#series)
      if (series.from === from && !running.has(id)) this.#series.delete(id);
    for (const listener of this.#listeners) listener();
  }

  #put(id: string, { at, from, memory }: Moment, counters: Counters): void {
    const before = this.#series.get(id);
    // It has moved: its process there counts from nothing.
    if (before && before.from !== from)
      return void this.#series.set(id, { from, samples: before.samples, counters, at });
    const seconds = before ? (at - before.at) / 1000 : 0;
    if (before && seconds <= 0) return;
    /** A counter that is less than before has begun anew. */
    const rate = (name: keyof Counters): number => {
      const [now, then] = [counters[name], before?.counters[name]];
      return now === undefined || then === undefined || now < then ? 0 : (now - then) / seconds;
    };
    // The first moment has nothing to be compared with.
    const samples = before
      ? [
          ...before.samples.slice(1 - kept),
          {
            at,
            cpu: rate("cpuSeconds"),
            memory,
            diskRead: rate("diskRead"),
            diskWritten: rate("diskWritten"),
            netReceived: rate("netReceived"),
            netSent: rate("netSent"),
          },
        ]
      : none;
    this.#series.set(id, { from, samples, counters, at });
  }

  of(id: string): readonly Sample[] {
    return this.#series.get(id)?.samples ?? none;
  }

  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

export const usageHistory = new UsageHistory();

const listen = (listener: () => void) => usageHistory.listen(listener);

/** The samples of a guest, or of the host. */
export const useUsage = (id: string): readonly Sample[] =>
  useSyncExternalStore(listen, () => usageHistory.of(id));
