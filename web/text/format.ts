/** Numbers, sizes and times in the reader's language. */
const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;

/** Bytes in the largest unit that leaves at least one of it: "1.5 GiB". */
export function bytes(count: number, language: string): string {
  const rank = count < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(count) / 10));
  const value = count / 1024 ** rank;
  const digits = rank === 0 || value >= 100 ? 0 : 1;
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value);
  return `${number} ${units[rank]}`;
}

export const percent = (share: number, language: string): string =>
  new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: share < 0.1 ? 1 : 0 }).format(
    share,
  );

export const integer = (value: number, language: string): string =>
  new Intl.NumberFormat(language).format(value);

const spans = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
] as const;

/** How long ago: "3 min. ago"; undefined for less than five seconds. */
export function ago(seconds: number, language: string): string | undefined {
  if (Math.abs(seconds) < 5) return undefined;
  const [unit, length] = spans.find(([, span]) => Math.abs(seconds) >= span) ?? ["second", 1];
  const format = new Intl.RelativeTimeFormat(language, { style: "narrow", numeric: "always" });
  return format.format(-Math.round(seconds / length), unit);
}

/** A length of time: "12 ms", "3.4 s", "2 min 5 s", "3 h 10 min". */
export function span(milliseconds: number, language: string): string {
  const number = (value: number, digits = 0) =>
    new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value);
  if (milliseconds < 1000) return `${number(milliseconds)} ms`;
  /** What is nothing is not said: "15 min". */
  const and = (value: number, unit: string) => (Math.round(value) === 0 ? "" : ` ${number(value)} ${unit}`);
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${number(seconds, seconds < 10 ? 1 : 0)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${number(minutes)} min${and(seconds % 60, "s")}`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${number(hours)} h${and(minutes % 60, "min")}`;
  return `${number(Math.floor(hours / 24))} d${and(hours % 24, "h")}`;
}

/** "14:02:11" */
export const timeOfDay = (at: string, language: string): string =>
  new Intl.DateTimeFormat(language, { timeStyle: "medium" }).format(new Date(at));

export const moment = (at: string, language: string): string =>
  new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "medium" }).format(new Date(at));
