/**
 * When a pool's desktops can be had. Pure.
 *
 * Hours are said in the wall clock of a time zone: "07:00" on the day on which the clocks change is seven o'clock on the
 * wall. A time of day that such a day does not have is the moment at which the clocks were changed.
 */
import type { Hours } from "#contract/schema/desktop-pool";

const days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;
const minute = 60_000;
const day = 24 * 60 * minute;

/** Whether it is open, and when that changes next; "never" changes where hours are around the clock. */
export interface Opening {
  readonly open: boolean;
  /** Milliseconds since the Unix epoch. */
  readonly changesAt?: number;
}

/** Why a pool cannot have such hours, in words; undefined where it can. */
export function flawOf({ zone, open }: Hours): string | undefined {
  try {
    format(zone);
  } catch {
    return `there is no time zone ${zone}`;
  }
  const late = open.flatMap(({ from, to }) => [from, to]).find((time) => minutesOf(time) > 24 * 60);
  if (late !== undefined) return `${late} is no time of day`;
  const wrong = open.find(({ from, to }) => minutesOf(from) >= minutesOf(to));
  return wrong && `${wrong.from} does not come before ${wrong.to}`;
}

export function openingAt(hours: Hours | undefined, now: number): Opening {
  if (!hours) return { open: true };
  const spans = spansAround(hours, now);
  const current = spans.find(([from, to]) => from <= now && now < to);
  if (!current) {
    const next = spans.find(([from]) => from > now);
    return next ? { open: false, changesAt: next[0] } : { open: false };
  }
  const [, end] = current;
  // It does not end in sight.
  return end - now > 7 * day ? { open: true } : { open: true, changesAt: end };
}

/** When it is open from yesterday to more than a week ahead, in order, what touches put together. */
function spansAround({ zone, open }: Hours, now: number): [number, number][] {
  const format = formatOf(zone);
  const found: [number, number][] = [];
  for (let offset = -1; offset <= 9; offset++) {
    const date = dateIn(format, now, offset);
    const weekday = days[new Date(date).getUTCDay()]!;
    for (const { days: on, from, to } of open)
      if (on.includes(weekday))
        found.push([atWall(format, date, minutesOf(from)), atWall(format, date, minutesOf(to))]);
  }
  found.sort(([a], [b]) => a - b);
  const merged: [number, number][] = [];
  for (const [from, to] of found) {
    const last = merged.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else merged.push([from, to]);
  }
  return merged;
}

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return hours * 60 + minutes;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  const made = format(zone);
  formats.set(zone, made);
  return made;
}

const format = (zone: string): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });

/** What the wall says at a moment, as if that wall were in Greenwich. */
function wall(format: Intl.DateTimeFormat, at: number): number {
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const { year = 0, month = 1, day: date = 1, hour = 0, minute: minutes = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, date, hour, minutes, second);
}

/** Midnight of a day there, as if that were in Greenwich. */
function dateIn(format: Intl.DateTimeFormat, now: number, offset: number): number {
  const there = wall(format, now);
  return there - (there % day) + offset * day;
}

/** The moment at which the wall says so many minutes past midnight of that date. */
function atWall(format: Intl.DateTimeFormat, date: number, minutes: number): number {
  const wanted = date + minutes * minute;
  const before = wanted - (wall(format, wanted - day) - (wanted - day));
  const after = wanted - (wall(format, wanted + day) - (wanted + day));
  const fits = [before, after].filter((at) => wall(format, at) === wanted);
  // Where the wall says it twice, the first time; where never, when the clocks were put forward.
  return fits.length > 0
    ? Math.min(...fits)
    : changeBetween(format, Math.min(before, after), Math.max(before, after));
}

/** When the zone's clocks were put forward, between a moment before that and one after it; to the second. */
function changeBetween(format: Intl.DateTimeFormat, before: number, after: number): number {
  const earlier = wall(format, before) - before;
  let [low, high] = [before, after];
  while (high - low > 1000) {
    const middle = Math.round((low + high) / 2000) * 1000;
    if (wall(format, middle) - middle === earlier) low = middle;
    else high = middle;
  }
  return high;
}
