const units: Readonly<Record<string, number>> = { m: 60, h: 3600, d: 86_400 };

/** "30d" in seconds; "never" is null. @throws RangeError */
export function lifetime(given: string): number | null {
  if (given === "never") return null;
  const [, count = "", unit = ""] = /^([1-9]\d{0,5})([mhd])$/.exec(given) ?? [];
  const seconds = Number(count) * (units[unit] ?? 0);
  if (seconds === 0) throw new RangeError(`'${given}' is no time such as 45m, 12h or 30d`);
  return seconds;
}

/** Seconds for which a token is good that lets a host or a guest in. @throws RangeError */
export function admissionSeconds(given: string): number {
  const found = lifetime(given);
  if (found === null || found < 60 || found > 7 * 86_400)
    throw new RangeError(`'${given}' is not between a minute and seven days, such as 45m or 12h`);
  return found;
}
