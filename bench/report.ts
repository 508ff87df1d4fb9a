/** Writes figures down: every sample in bench/results.json, and docs/benchmarks.md made of it for people. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { exec } from "#base/exec";
import { held, isMet, least, median, most, percentile, shown, type Figure } from "./figures.ts";
import { checkout } from "./lodge.ts";
import type { Machine } from "./machine.ts";
import type { Result, Row } from "./row.ts";

interface Entry extends Result {
  readonly title: string;
  readonly on: Machine;
}

type Entries = Readonly<Record<string, Entry>>;

const resultsFile = join(checkout, "bench/results.json");
const page = join(checkout, "docs/benchmarks.md");

/** The order of the page. */
const order = [
  "start-again",
  "fork",
  "ping",
  "ten-at-once",
  "density",
  "branch",
  "cold-boot",
  "suspend",
  "move",
  "move-busy",
  "move-local-disk",
  "move-tcp",
  "drain",
  "failover",
  "placement",
  "cluster-api",
  "ls",
  "daemon",
  "api-list",
  "api-events",
  "display",
  "web-key",
  "web-events",
  "web-start",
  "web-scroll",
  "desktop-click",
  "desktop-terminal",
  "desktop-crowd",
  "desktop-return",
  "desktop-memory",
  "desktop-key",
  "desktop-bytes",
  "desktop-sound",
  "desktop-clipboard",
];

const place = (name: string): number => (order.includes(name) ? order.indexOf(name) : order.length);

/** Replaces what was known of this row and leaves the others. */
export async function record(row: Row, result: Result, on: Machine): Promise<void> {
  const known = existsSync(resultsFile) ? (JSON.parse(readFileSync(resultsFile, "utf8")) as Entries) : {};
  const figures = result.figures.map((figure) => ({ ...figure, samples: figure.samples.map(rounded) }));
  const all = { ...known, [row.name]: { title: row.title, on, ...result, figures } };
  const entries = Object.entries(all).toSorted(([a], [b]) => place(a) - place(b));
  writeFileSync(resultsFile, `${JSON.stringify(Object.fromEntries(entries), undefined, 2)}\n`);
  writeFileSync(page, pageOf(entries));
  // As all files of the repository are; figures are worth keeping without it.
  const format = join(checkout, "node_modules/.bin/oxfmt");
  if (existsSync(format)) await exec(format, [resultsFile, page], { cwd: checkout });
}

/** What a row had when it ended before its time. */
export const unfinished = ({ figures, notes }: Result, why: string): Result => ({
  figures,
  notes: [`This row was not measured to its end: ${why}.`, ...notes],
});

const rounded = (value: number): number => Math.round(value * 1000) / 1000;

function verdictOf(figure: Figure): { bar: string; met: string } {
  const { bars, samples, unit } = figure;
  if (bars.length === 0) return { bar: "", met: "" };
  const words = { median: "median", p95: "p95", most: samples.length === 1 ? "" : "longest" };
  if (["KiB", "MiB", "%"].includes(unit)) words.most = samples.length === 1 ? "" : "largest";
  const bar = bars.map((bar) => `${words[bar.of]} ≤ ${shown(bar.atMost, unit)}`.trim()).join(", ");
  if (samples.length === 0) return { bar, met: "**not measured**" };
  const met = bars
    .map((bar) => (isMet(figure, bar) ? "yes" : `**no** (${shown(held(figure, bar), unit)})`))
    .filter((word, at, words) => words.indexOf(word) === at)
    .join(", ");
  return { bar, met };
}

function line(figure: Figure): string {
  const { what, who, unit, samples } = figure;
  const { bar, met } = verdictOf(figure);
  if (samples.length === 0) return `| ${who}: ${what} | not measured | | | 0 | ${bar} | ${met} |`;
  const single = samples.length === 1;
  const range = single ? "" : `${shown(least(samples), unit)} to ${shown(most(samples), unit)}`;
  const p95 = samples.length < 10 ? "" : shown(percentile(samples, 0.95), unit);
  return `| ${who}: ${what} | ${shown(median(samples), unit)} | ${p95} | ${range} | ${samples.length} | ${bar} | ${met} |`;
}

function section(name: string, { title, figures, notes, on }: Entry): string[] {
  return [
    `## ${name}`,
    "",
    `${title}.`,
    "",
    ...(figures.length === 0
      ? []
      : [
          "| what | median | p95 | range | n | bar | met |",
          "| --- | --- | --- | --- | --- | --- | --- |",
          ...figures.map(line),
          "",
        ]),
    ...notes.map((note) => `- ${note}`),
    `- Measured ${on.at.slice(0, 16).replace("T", " ")} UTC: ${on.processors}, ${on.memory}, ${on.system}, QEMU ${on.qemu} (${on.accelerator}), Node ${on.node}, Lodge ${on.lodge}; load ${on.load.toFixed(1)} when it began.`,
    "",
  ];
}

function pageOf(entries: readonly (readonly [string, Entry])[]): string {
  const bars = entries.flatMap(([name, { figures }]) =>
    figures.filter(({ bars }) => bars.length > 0).map((figure) => ({ name, figure })),
  );
  const unmet = bars.filter(({ figure }) => figure.bars.some((bar) => !isMet(figure, bar)));
  return [
    "# Benchmarks",
    "",
    "Written by `npm run bench`; every sample is in `bench/results.json`. Each row is measured on a Lodge of its own, on",
    "a home that is removed afterwards, and against the same machine started by raw QEMU in the same run where there is a",
    "peer. A bar is what the figure was to reach, set before it was measured. The guest is Debian 13 with one processor and",
    "512 MiB; of rows that begin with desktop- it is Debian 13 with XFCE, one processor and 1.5 GiB.",
    "",
    `${bars.length - unmet.length} of ${bars.length} figures with a bar reach it.`,
    ...unmet.map(
      ({ name, figure }) =>
        `\n- **${name}**, ${figure.what}: ${verdictOf(figure).met}, bar ${verdictOf(figure).bar}`,
    ),
    "",
    ...entries.flatMap(([name, entry]) => section(name, entry)),
  ].join("\n");
}

export function printResult({ figures, notes }: Result, say: (line: string) => void): void {
  for (const figure of figures) {
    const { samples, unit, what, who } = figure;
    if (samples.length === 0) {
      say(`${who}, ${what}: not measured`);
      continue;
    }
    const { bar, met } = verdictOf(figure);
    const range =
      samples.length > 1
        ? ` (${shown(least(samples), unit)} to ${shown(most(samples), unit)}, n ${samples.length})`
        : "";
    say(
      `${who}, ${what}: ${shown(median(samples), unit)}${range}${bar === "" ? "" : `; bar ${bar}, met: ${met.replaceAll("**", "")}`}`,
    );
  }
  for (const note of notes) say(note);
}
