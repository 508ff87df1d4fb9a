/**
 * What guests and the host took over the last hour and the last day: samples in two rings, a fine and a coarse
 * one. Of a guest that has ended what there is stays for a day.
 *
 *   each 20 s  a sample ──► fine ring, an hour             and one within seconds for whatever has no point yet
 *                      └──► each 10 min their mean ──► coarse ring, a day
 *
 * As bytes: a line of JSON that says what follows, then each series' two rings.
 */
import type { Schemas } from "#contract/schemas";
import { named, Ring } from "./usage-ring.ts";

type Usage = Schemas["Usage"];
export type UsageRange = Schemas["UsageSeries"]["range"];

/** Seconds. */
export const fineStep = 20;
const coarseStep = 600;
const hour = 3_600;
const day = 86_400;

/** Processors' worth: what a system that waits takes as well. */
const idleBelow = 0.05;

/** Guests that have ended whose series are kept. */
const mostEnded = 2_000;

type Counters = Readonly<
  Partial<Record<"cpu" | "diskRead" | "diskWritten" | "netReceived" | "netSent", number>>
>;

interface Series {
  readonly fine: Ring;
  readonly coarse: Ring;
  counters: Counters;
  /** Milliseconds since the epoch, of the last sample and of the last coarse point. */
  at: number;
  coarseAt: number;
}

/** What the head says of one series; the lengths are bytes. */
interface Told extends Pick<Series, "counters" | "at" | "coarseAt"> {
  readonly id: string;
  readonly fine: number;
  readonly coarse: number;
}

const format = "lodge usage 1";
const hostId = "host";
const newRings = () => ({ fine: new Ring(hour / fineStep), coarse: new Ring(day / coarseStep) });

export class UsageHistory {
  readonly #series = new Map<string, Series>();

  add(usage: Usage): void {
    this.#take(usage, () => true);
    this.#forget(Date.parse(usage.at));
  }

  /** Takes it over for what has no point yet, between two samples of all. */
  addFirst(usage: Usage): void {
    this.#take(usage, (id) => !this.knows(id));
  }

  /** Is there a point of this guest? */
  knows(id: string): boolean {
    return (this.#series.get(id)?.fine.length ?? 0) > 0;
  }

  /** Milliseconds since its processors last had work, as far as the last hour tells: 0 where nothing is known. */
  idle(id: string, now: number): number {
    const { points } = this.of(id, "hour", now);
    const since = points.findLast(({ cpu }) => cpu > idleBelow) ?? points[0];
    return since === undefined ? 0 : now - Date.parse(since.at);
  }

  #take({ at: moment, host, guests }: Usage, wants: (id: string) => boolean): void {
    const at = Date.parse(moment);
    if (wants(hostId)) this.#put(hostId, at, host.memory - host.memoryAvailable, { cpu: host.cpuSeconds });
    for (const { guest, memory, cpuSeconds, memoryOwn: _, ...counters } of guests)
      if (wants(guest)) this.#put(guest, at, memory, { ...counters, cpu: cpuSeconds });
  }

  #put(id: string, at: number, memory: number, counters: Counters): void {
    const series = this.#series.get(id);
    if (!series) {
      this.#series.set(id, { ...newRings(), counters, at, coarseAt: at });
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

  /** Those that ended more than a day ago and, where many have, those that ended first. */
  #forget(now: number): void {
    const ended = [...this.#series].filter(([, { at }]) => at < now).toSorted(([, a], [, b]) => b.at - a.at);
    for (const [place, [id, { at }]] of ended.entries())
      if (place >= mostEnded || at < now - day * 1000) this.#series.delete(id);
  }

  /** Of a guest that was never sampled, or not for so long, there is nothing. */
  of(id: string, range: UsageRange, now: number): Schemas["UsageSeries"] {
    const series = this.#series.get(id);
    return range === "hour"
      ? { range, step: fineStep, points: series?.fine.points(now - hour * 1000) ?? [] }
      : { range, step: coarseStep, points: series?.coarse.points(now - day * 1000) ?? [] };
  }

  ofHost(range: UsageRange, now: number): Schemas["UsageSeries"] {
    return this.of(hostId, range, now);
  }

  toBytes(): Buffer {
    const parts: Buffer[] = [];
    const told = [...this.#series].map(([id, { fine, coarse, counters, at, coarseAt }]): Told => {
      const [finely, coarsely] = [fine.toBytes(), coarse.toBytes()];
      parts.push(finely, coarsely);
      return { id, counters, at, coarseAt, fine: finely.length, coarse: coarsely.length };
    });
    return Buffer.concat([Buffer.from(`${JSON.stringify({ format, series: told })}\n`), ...parts]);
  }

  /**
   * Takes over what toBytes() gave, as far as it is not too old by now; nor of a time to come, where the clock was ahead then.
   *
   * @throws SyntaxError where it is not that.
   */
  static fromBytes(bytes: Buffer, now: number): UsageHistory {
    const history = new UsageHistory();
    const end = bytes.indexOf("\n");
    const head = JSON.parse(bytes.subarray(0, end).toString()) as { format: string; series: Told[] };
    if (head.format !== format) throw new SyntaxError(`not ${format}: ${head.format}`);
    let place = end + 1;
    for (const { id, fine, coarse, ...rest } of head.series) {
      const rings = newRings();
      rings.fine.take(bytes.subarray(place, (place += fine)), now - hour * 1000);
      rings.coarse.take(bytes.subarray(place, (place += coarse)), now - day * 1000);
      if (rest.at <= now) history.#series.set(id, { ...rings, ...rest });
    }
    return history;
  }
}
