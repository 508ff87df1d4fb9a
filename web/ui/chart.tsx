/** Figures over time, drawn by uPlot: a line each, its name and its value now. */
import "uplot/dist/uPlot.min.css";
import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useRef, type CSSProperties } from "react";
import Plot from "uplot";
import type { Sample } from "../data/usage.ts";
import style from "./chart.module.css";

export interface ChartLine {
  readonly label: string;
  readonly pick: (sample: Sample) => number;
  /** A colour of base.css. */
  readonly colour: "good" | "busy";
}

interface ChartProps {
  readonly title: string;
  readonly samples: readonly Sample[];
  readonly lines: readonly ChartLine[];
  readonly say: (value: number) => string;
  /** The least that the top stands for, so that noise does not look like much. */
  readonly most: number;
  /** How long a time is shown, to the last sample. */
  readonly seconds: number;
}

const height = 130;
/** The space below that a mark at the very end needs for its half. */
const endGap = 18;
/** Seconds between marks of the clock, from which the drawing takes as many as fit. */
const clockSteps = [60, 120, 300, 900, 1_800, 3_600, 7_200, 10_800, 21_600];
/** Marks at whole shares, or at bytes that are whole in their unit. */
const steps = (most: number): number[] =>
  most <= 1 ? [0.25, 0.5, 1, 2, 5] : Array.from({ length: 50 }, (_, power) => 2 ** power);

/** Where there is no sample yet. */
const now = (): number => Date.now() / 1000;

const clock = (seconds: number): string =>
  new Date(seconds * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

export function Chart({ title, samples, lines, say, most, seconds }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot>(undefined);
  const scheme = useComputedColorScheme("light");
  useEffect(() => {
    const frame = place.current;
    if (!frame) return undefined;
    const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`);
    const axis = { stroke: colour("ink-soft"), font: "11px Inter Variable", ticks: { show: false } } as const;
    const drawn = new Plot(
      {
        width: frame.clientWidth,
        height,
        padding: [null, endGap, null, null],
        legend: { show: false },
        cursor: { show: false },
        scales: {
          x: { range: (_, __, last) => [(last ?? now()) - seconds, last ?? now()] },
          y: { range: (_, __, top) => [0, Math.max(most, top * 1.1)] },
        },
        axes: [
          {
            ...axis,
            size: 26,
            incrs: clockSteps,
            grid: { show: false },
            values: (_, ticks) => ticks.map(clock),
          },
          {
            ...axis,
            size: 66,
            incrs: steps(most),
            grid: { stroke: colour("line"), width: 1 },
            values: (_, ticks) => ticks.map(say),
          },
        ],
        series: [
          {},
          ...lines.map((line) => ({ stroke: colour(line.colour), width: 1.5, points: { show: false } })),
        ],
      },
      [[]],
      frame,
    );
    plot.current = drawn;
    const resized = new ResizeObserver(() => drawn.setSize({ width: frame.clientWidth, height }));
    resized.observe(frame);
    return () => {
      resized.disconnect();
      drawn.destroy();
    };
    // The words and the colours of a drawn chart are those of the moment it was drawn in.
  }, [scheme, lines, say, most, seconds]);
  useEffect(() => {
    const times = samples.map(({ at }) => at / 1000);
    plot.current?.setData([times, ...lines.map(({ pick }) => samples.map(pick))]);
  }, [samples, lines, scheme, say, most, seconds]);
  const last = samples.at(-1);
  return (
    <section className={style["chart"]} aria-label={title}>
      <div className={style["head"]}>
        <b>{title}</b>
        {lines.map(({ label, pick, colour }) => (
          <span
            key={label}
            className={`number ${style["key"]}`}
            style={{ "--line-colour": `var(--${colour})` } as CSSProperties}
          >
            {label} {last ? say(pick(last)) : ""}
          </span>
        ))}
      </div>
      <div ref={place} className={style["drawing"]} aria-hidden="true" />
    </section>
  );
}
