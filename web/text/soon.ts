/** Times as one says them of what is near: without seconds, and no more of the date than is needed. Not in the first load. */
/** "14:02" */
export const clockTime = (at: string, language: string): string =>
  new Intl.DateTimeFormat(language, { timeStyle: "short" }).format(new Date(at));

/** "28 Nov 2026, 14:02" */
export const dayAndTime = (at: string, language: string): string =>
  new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" }).format(new Date(at));

const dayOf = (at: Date): number =>
  Math.round(Date.UTC(at.getFullYear(), at.getMonth(), at.getDate()) / 86_400_000);

/** As one says it of what comes soon: "19:00" today, "tomorrow, 07:00", "Monday, 07:00", "4 Jan 2027, 07:00". */
export function soon(at: string, language: string, now = Date.now()): string {
  const then = new Date(at);
  const days = dayOf(then) - dayOf(new Date(now));
  if (days === 0) return clockTime(at, language);
  if (days < 0 || days > 6) return dayAndTime(at, language);
  const day =
    days === 1
      ? new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(1, "day")
      : new Intl.DateTimeFormat(language, { weekday: "long" }).format(then);
  return `${day}, ${clockTime(at, language)}`;
}
