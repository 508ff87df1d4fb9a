/**
 * What guests and the host took over the last hour and the last day: samples in two rings, a fine and a coarse
 * one, in memory alone. A daemon that starts begins anew; a guest that ends is forgotten.
 *
 *   each 20 s  a sample ──► fine ring, an hour
 *                      └──► each 10 min their mean ──► coarse ring, a day
 */
import type { Schemas } from "#contract/schemas";

type Usage = Schemas["Usage"];
type Point = Schemas["UsagePoint"];
export type UsageRange = Schemas["UsageSeries"]["range"];

/** Seconds. */
export const fineStep = 20;
const coarseStep = 600;
const fineKept = 3_600 / fineStep;
const coarseKept = 86_400 / coarseStep;

const fields = ["cpu", "memory", "diskRead", "diskWritten", "netReceived", "netSent"] as const;
type Values = Readonly<Record<(typeof fields)[number], number>>;

/** The last so many points; four bytes a figure, and room only for those that there are. */
class Ring {
  readonly #kept: number;
  #at: number[] = [];
  #values: Float32Array = new Float32Array(8 * fields.length);

  constructor(kept: number) {
    this.#kept = kept;
  }

  add(at: number, values: Values): void {
    if (this.#at.length === this.#kept) {
      this.#at.shift();
      this.#values.copyWithin(0, fields.length);
    }
    const begin = this.#at.length * fields.length;
    if (begin === this.#values.length) {
      const larger = new Float32Array(Math.min(2 * begin, this.#kept * fields.length));
      larger.set(this.#values);
      this.#values = larger;
    }
    for (const [place, field] of fields.entries()) this.#values[begin + place] = values[field];
    this.#at.push(at);
  }

  points(): Point[] {
    return this.#at.map((at, index) => ({
      at: new Date(at).toISOString(),
      ...this.#valuesAt(index),
    }));
  }

  /** The mean of the points since a moment. */
  mean(since: number): Values {
    const first = this.#at.findIndex((at) => at > since);
    const some = first < 0 ? [] : this.#at.slice(first).map((_, index) => this.#valuesAt(first + index));
    return named((field) => some.reduce((sum, values) => sum + values[field], 0) / Math.max(1, some.length));
  }

  #valuesAt(index: number): Values {
    return named((_, place) => this.#values[index * fields.length + place] ?? 0);
  }
}

const named = (value: (field: keyof Values, place: number) => number): Values =>
  Object.fromEntries(fields.map((field, place) => [field, value(field, place)])) as unknown as Values;

type Counters = Readonly<
  Partial<Record<"cpu" | "diskRead" | "diskWritten" | "netReceived" | "netSent", number>>
>;

interface Series {
  readonly fine: Ring;
  readonly coarse: Ring;
  counters: Counters;
  at: number;
  coarseAt: number;
}

const hostId = "host";

export class UsageHistory {
  readonly #series = new Map<string, Series>();

  add({ at: moment, host, guests }: Usage): void {
    const at = Date.parse(moment);
    this.#put(hostId, at, host.memory - host.memoryAvailable, { cpu: host.cpuSeconds });
    for (const { guest, memory, cpuSeconds, memoryOwn: _, ...counters } of guests)
      this.#put(guest, at, memory, { ...counters, cpu: cpuSeconds });
    const there = new Set([hostId, ...guests.map(({ guest }) => guest)]);
    for (const id of this.#series.keys()) if (!there.has(id)) this.#series.delete(id);
  }

  #put(id: string, at: number, memory: number, counters: Counters): void {
    const series = this.#series.get(id);
    if (!series) {
      const rings = { fine: new Ring(fineKept), coarse: new Ring(coarseKept) };
      this.#series.set(id, { ...rings, counters, at, coarseAt: at });
      return;
    }
    const seconds = (at - series.at) / 1000;
    if (seconds <= 0) return;
    /** A counter that is less than before has begun anew, with the guest's process. */
    const rate = (name: keyof Counters): number => {
      const [now, then] = [counters[name], series.counters[name]];
      return now === undefined || then === undefined || now < then ? 0 : (now - then) / seconds;
    };
    series.fine.add(
      at,
      named((field) => (field === "memory" ? memory : rate(field))),
    );
    series.counters = counters;
    series.at = at;
    if (at - series.coarseAt < coarseStep * 1000) return;
    series.coarse.add(at, series.fine.mean(series.coarseAt));
    series.coarseAt = at;
  }

  /** Of a guest that has not run since the daemon's start there is nothing. */
  of(id: string, range: UsageRange): Schemas["UsageSeries"] {
    const series = this.#series.get(id);
    const ring = range === "hour" ? series?.fine : series?.coarse;
    return { range, step: range === "hour" ? fineStep : coarseStep, points: ring?.points() ?? [] };
  }

  ofHost(range: UsageRange): Schemas["UsageSeries"] {
    return this.of(hostId, range);
  }
}
