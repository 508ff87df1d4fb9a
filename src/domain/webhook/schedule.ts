/** When a message that was not taken is sent again: sooner at first, and for about a day. */

const seconds = 1_000;
const minutes = 60 * seconds;
const hours = 60 * minutes;

/** Milliseconds before each further try: a day in all. */
export const pauses = [
  5 * seconds,
  30 * seconds,
  2 * minutes,
  5 * minutes,
  15 * minutes,
  30 * minutes,
  1 * hours,
  2 * hours,
  4 * hours,
  4 * hours,
  6 * hours,
  6 * hours,
] as const;

/** What a receiver may ask us to wait at most; no pause is longer. */
export const longestAsked = 12 * hours;

/**
 * Milliseconds until the next try after `tries` that failed; undefined where there is none. `random`, from 0 to 1, moves
 * it by up to a fifth: what failed at once for many does not come back at once. `asked` is what the receiver wishes.
 */
export function pauseAfter(tries: number, random: number, asked = 0): number | undefined {
  const usual = pauses[tries - 1];
  if (usual === undefined) return undefined;
  return Math.max(Math.round(usual * (0.8 + 0.4 * random)), Math.min(asked, longestAsked));
}

/** Milliseconds that a Retry-After asks for (RFC 9110, 10.2.3): seconds, or a date. */
export function askedPause(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header.trim()) * seconds;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
