/** A row of the table of benchmarks: what is measured, and how. */
import type { Figure } from "./figures.ts";
import type { Lodge } from "./lodge.ts";

/** How many times each thing is measured. */
export interface Extent {
  /** A smoke run: twice and a few guests; nothing is written down. */
  readonly quick: boolean;
  /** `full`, or 2 in a smoke run. */
  times(full: number): number;
  /** Guests of the rows that stand on many. */
  readonly guests: number;
  /** Minutes for which a sound is listened to. */
  readonly minutes: number;
}

export interface Result {
  readonly figures: readonly Figure[];
  /** What has to be known to read the figures; whole sentences. */
  readonly notes: readonly string[];
}

export interface Row {
  readonly name: string;
  readonly title: string;
  /** It needs neither the image nor its template. */
  readonly bare?: true;
  /** It needs the image of a desktop. */
  readonly desktop?: true;
  /** `keep`: what there is so far, which is written down should the row not come to its end. */
  measure(
    lodge: Lodge,
    extent: Extent,
    say: (line: string) => void,
    keep: (part: Result) => void,
  ): Promise<Result>;
}

/** Milliseconds that something took. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

/** Lets the machine come to rest between two samples. */
export const rest = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Is it so within twenty seconds? */
export async function answered(is: () => boolean | Promise<boolean>): Promise<boolean> {
  for (const end = performance.now() + 20_000; performance.now() < end; await rest(100))
    if (await is()) return true;
  return false;
}
