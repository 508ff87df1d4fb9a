const units: Readonly<Record<string, number>> = { m: 60, h: 3600, d: 86_400, w: 604_800 };

/** Seconds of "90m", "12h", "30d" or "4w". @throws RangeError */
export function parseAge(text: string): number {
  const match = /^(\d{1,6})([mhdw])$/.exec(text);
  if (!match) throw new RangeError(`'${text}' is not an age; write 90m, 12h, 30d or 4w`);
  return Number(match[1]) * units[match[2]!]!;
}
