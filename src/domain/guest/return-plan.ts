/**
 * Which guests are started once the daemon is, and in which order. Pure.
 *
 *                               │ daemon restarted   host restarted, or shut down in order
 *   its process is there        │ goes on            –
 *   put to rest by the shutdown │ comes back as it was: running or paused
 *   ended without anyone's word │ always, ha         always, ha, on-failure (the host failed it)
 *   rested before               │ –                  always
 */
import type { GuestRecord } from "./record.ts";
import { lifeDefaults } from "./record.ts";
import { hasProcess } from "./state.ts";

/** What a guest is started as; undefined where it is not. `record`: as the earlier daemon left it, its process gone. */
export function comesBack(
  record: Pick<GuestRecord, "state" | "restart" | "ha" | "comesBack" | "removeWhenStopped">,
  rebooted: boolean,
): GuestRecord["comesBack"] {
  const { state, restart, ha } = record;
  if (state === "creating" || state === "deleting") return undefined;
  if (record.comesBack) return record.comesBack;
  if (record.removeWhenStopped) return undefined;
  const always = restart === "always";
  // Whoever had it stopped meant it; only the host's own start counts for more.
  if (state === "stopping" || !hasProcess(state)) return always && rebooted ? "running" : undefined;
  return always || ha || (restart === "on-failure" && rebooted) ? "running" : undefined;
}

/** Those with the lowest number first; those with the same one together. */
export function startGroups<T extends Pick<GuestRecord, "startOrder">>(guests: readonly T[]): T[][] {
  const numberOf = ({ startOrder = lifeDefaults.startOrder }: T): number => startOrder;
  const numbers = [...new Set(guests.map(numberOf))].toSorted((a, b) => a - b);
  return numbers.map((number) => guests.filter((guest) => numberOf(guest) === number));
}
