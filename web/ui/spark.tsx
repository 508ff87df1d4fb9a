/** The last minute of something as a small line, with its value now. */
import { useUsage, type Sample } from "../data/usage.ts";
import style from "./spark.module.css";

interface SparkProps {
  /** A guest's id, or the host's. */
  readonly of: string;
  readonly pick: "cpu" | "memory";
  /** What the top of the line stands for. */
  readonly most: number;
  readonly say: (value: number) => string;
}

const width = 64;
const height = 16;
/** Seconds. */
const shown = 60;

function pathOf(samples: readonly Sample[], pick: SparkProps["pick"], most: number): string {
  return samples
    .slice(-shown)
    .map((sample, at, all) => {
      const x = width - ((all.length - 1 - at) * width) / (shown - 1);
      const y = height - Math.min(1, sample[pick] / most) * height;
      return `${at === 0 ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`;
    })
    .join("");
}

export function Spark({ of, pick, most, say }: SparkProps) {
  const samples = useUsage(of);
  const last = samples.at(-1);
  if (!last || most <= 0) return null;
  return (
    <span className={style["spark"]} data-pick={pick}>
      <svg width={width} height={height} aria-hidden="true">
        <path d={pathOf(samples, pick, most)} />
      </svg>
      <span className={`number ${style["value"]}`}>{say(last[pick])}</span>
    </span>
  );
}
