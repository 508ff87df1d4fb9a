/** Which guests of a host that died come back, and in which order. Pure. */
import { lifeDefaults, type GuestRecord } from "../../guest/record.ts";
import { hasProcess } from "../../guest/state.ts";

type Ordered = Pick<GuestRecord, "ha" | "startOrder" | "name" | "id">;

/**
 * Those that are highly available and ran, or were to run: whoever was stopped stays so, and where it is.
 * One that its fence has ended is crashed by the word of its host, and marked to come back.
 */
export const comesBackElsewhere = ({
  ha,
  state,
  comesBack,
}: Pick<GuestRecord, "ha" | "state" | "comesBack">): boolean =>
  ha !== undefined &&
  !["stopping", "suspended"].includes(state) &&
  (hasProcess(state) || comesBack !== undefined);

/** The highest priority first; among equals as after a restart of their host. */
export const inOrder = <T extends Ordered>(guests: readonly T[]): T[] =>
  guests.toSorted(
    (a, b) =>
      (b.ha?.priority ?? 0) - (a.ha?.priority ?? 0) ||
      (a.startOrder ?? lifeDefaults.startOrder) - (b.startOrder ?? lifeDefaults.startOrder) ||
      (a.id < b.id ? -1 : 1),
  );

/** What its record says on the host that takes it over: it has no process, and is to run. */
export function takenOver(guest: GuestRecord, from: string, at: string): GuestRecord {
  const { process: _process, suspendFile: _file, suspendKey: _key, ails: _ails, ...rest } = guest;
  return {
    ...rest,
    state: "crashed",
    stateSince: at,
    stateReason: `its host ${from} is lost`,
    comesBack: "running",
    arrived: { from },
    generation: (guest.generation ?? 1) + 1,
  };
}
