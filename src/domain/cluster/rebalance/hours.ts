/** Hours of the day in which something may be done: "22-6" goes over midnight. Pure. */
import { LodgeError } from "#contract/errors";

/** @throws LodgeError api.invalid */
function parse(hours: string): readonly [number, number] {
  const [from = Number.NaN, to = Number.NaN] = hours.split("-").map(Number);
  if (!(from < 24) || !(to <= 24) || from === to)
    throw new LodgeError("api.invalid", { field: "rebalanceHours", reason: "write two hours, such as 22-6" });
  return [from, to];
}

/** @throws LodgeError api.invalid */
export const requireHours = (hours: string): void => void parse(hours);

/** @param now milliseconds since the epoch; it is the host's own time of day that counts */
export function isWithin(hours: string | undefined, now: number): boolean {
  if (hours === undefined) return true;
  const [from, to] = parse(hours);
  const hour = new Date(now).getHours();
  return from < to ? hour >= from && hour < to : hour >= from || hour < to;
}
