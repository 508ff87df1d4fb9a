import type { Hours } from "#contract/schema/desktop-pool";

const days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
type Day = (typeof days)[number];

const wrong = (text: string) =>
  new RangeError(`'${text}' are no hours; write "mon-fri 07:00-19:00 Europe/Berlin", or several with commas`);

/** "mon-fri 07:00-19:00, sat 09:00-13:00 Europe/Berlin"; the zone is this computer's where none is given. */
export function parseHours(text: string): Hours {
  const [, spans = "", zone] = /^(.*?\d)(?:\s+([A-Za-z_]+(?:\/[A-Za-z0-9_+-]+)*))?$/.exec(text.trim()) ?? [];
  const open = spans.split(",").map((span) => {
    const [, on = "", from = "", to = ""] =
      /^\s*([a-z]{3}(?:-[a-z]{3})?(?:\+[a-z]{3})*)\s+(\d\d:\d\d)-(\d\d:\d\d)\s*$/.exec(span) ?? [];
    if (on === "") throw wrong(text);
    return { days: on.split("+").flatMap((part) => daysIn(part, text)), from, to };
  });
  return { zone: zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone, open };
}

/** "mon" or "mon-fri"; "sat-mon" goes over the week's end. */
function daysIn(part: string, text: string): Day[] {
  const [from = "", to = from] = part.split("-");
  const [first, last] = [days.indexOf(from as Day), days.indexOf(to as Day)];
  if (first < 0 || last < 0) throw wrong(text);
  const count = ((last - first + days.length) % days.length) + 1;
  return Array.from({ length: count }, (_, at) => days[(first + at) % days.length]!);
}

export function formatHours({ zone, open }: Hours): string {
  return `${open.map(({ days: on, from, to }) => `${on.join("+")} ${from}-${to}`).join(", ")} ${zone}`;
}
