/** Figures out of samples. Pure. */

export type Unit = "ms" | "s" | "KiB" | "MiB" | "%" | "times" | "frames" | "count";

/** What has to be no more than what. */
export interface Bar {
  readonly of: "median" | "p95" | "most";
  readonly atMost: number;
}

/** One thing that was measured. */
export interface Figure {
  readonly what: string;
  /** Who was measured: Lodge, or whom it is compared with. */
  readonly who: "Lodge" | "raw QEMU" | "libvirt" | "noVNC";
  readonly unit: Unit;
  readonly samples: readonly number[];
  readonly bars: readonly Bar[];
}

const sorted = (samples: readonly number[]): number[] => samples.toSorted((a, b) => a - b);

/** The sample below which the given share of them lies; the nearest one, so that it was really measured. */
export function percentile(samples: readonly number[], share: number): number {
  const ranked = sorted(samples);
  const at = Math.min(ranked.length - 1, Math.max(0, Math.ceil(share * ranked.length) - 1));
  return ranked[at] ?? Number.NaN;
}

export function median(samples: readonly number[]): number {
  const ranked = sorted(samples);
  const middle = Math.floor(ranked.length / 2);
  if (ranked.length % 2 === 1) return ranked[middle]!;
  return ((ranked[middle - 1] ?? Number.NaN) + (ranked[middle] ?? Number.NaN)) / 2;
}

export const least = (samples: readonly number[]): number => Math.min(...samples);
export const most = (samples: readonly number[]): number => Math.max(...samples);

/** The figure that a bar is held against. */
export function held({ samples }: Pick<Figure, "samples">, bar: Bar): number {
  switch (bar.of) {
    case "median":
      return median(samples);
    case "p95":
      return percentile(samples, 0.95);
    case "most":
      return most(samples);
  }
}

export const isMet = (figure: Figure, bar: Bar): boolean => held(figure, bar) <= bar.atMost;

/** "312 ms", "17.8 s", "88 MiB" */
export function shown(value: number, unit: Unit): string {
  if (unit === "frames") return `${value.toFixed(0)} frames`;
  if (unit === "count") return value.toFixed(0);
  if (unit === "times") return `${value.toFixed(3)} ×`;
  const digits = ["ms", "KiB", "MiB"].includes(unit) ? (value < 10 ? 1 : 0) : 2;
  return unit === "%" ? `${value.toFixed(digits)} %` : `${value.toFixed(digits)} ${unit}`;
}
