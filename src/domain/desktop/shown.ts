/** A desktop as those see it who may. */
import type {
  Desktop,
  DesktopStateName,
  DesktopReport,
  DesktopViewer,
  LostWith,
} from "#contract/schema/desktop";
import type { Guest } from "#contract/schema/guest";
import type { Watching } from "../console/watchers.ts";
import type { HomeState } from "./homes.ts";
import type { DesktopRecord } from "./record.ts";
import type { DesktopUse } from "./use.ts";

export interface Around {
  /** The pool's name. */
  readonly pool: string;
  /** Its guest, where that is known of. */
  readonly guest: Guest | undefined;
  /** Its guest's host, where that does not answer. */
  readonly lost: LostWith | undefined;
  /** Undefined: its host did not say. */
  readonly report: Report | undefined;
}

/** What of a desktop its host alone knows. */
export type Report = Omit<DesktopReport, "desktop">;

export interface Reporting {
  readonly use: Pick<DesktopUse, "of" | "lastInput">;
  readonly home: HomeState | undefined;
  /** Id of the recording that is being made of it. */
  readonly recording: string | undefined;
}

/** Of one that is on this host. */
export function reportOf(guest: string | undefined, { use, home, recording }: Reporting): Report {
  const lastInput = guest === undefined ? undefined : use.lastInput(guest);
  return {
    ...(lastInput === undefined ? {} : { lastInputAt: new Date(lastInput).toISOString() }),
    ...(home === undefined ? {} : { home: shownHome(home) }),
    viewers: guest === undefined ? [] : use.of(guest).map(shownViewer),
    ...(recording === undefined ? {} : { recording }),
  };
}

export function shownDesktop(record: DesktopRecord, { pool, guest, lost, report }: Around): Desktop {
  const { userName, user: _, ending: _ending, ...rest } = record;
  return {
    ...rest,
    poolName: pool,
    user: userName,
    ...(guest ? { guestName: guest.name } : {}),
    ...(guest?.host === undefined ? {} : { host: guest.host }),
    ...howItStands(record, guest, lost),
    ...(report ?? { viewers: [], unheard: true }),
  };
}

const shownHome = (home: HomeState): NonNullable<Desktop["home"]> =>
  typeof home === "string"
    ? { state: home }
    : { state: "failed", code: home.code, message: home.message, hint: home.hint };

/** With whom it is lost, where it is. */
export function howItStands(
  record: Pick<DesktopRecord, "ending">,
  guest: Pick<Guest, "state"> | undefined,
  lost: LostWith | undefined,
): Pick<Desktop, "state" | "lost"> {
  const state = stateOf(record, guest, lost !== undefined);
  return { state, ...(lost && state === "lost" ? { lost } : {}) };
}

function stateOf(
  { ending }: Pick<DesktopRecord, "ending">,
  guest: Pick<Guest, "state"> | undefined,
  lost: boolean,
): DesktopStateName {
  if (ending || !guest) return "ending";
  if (lost) return "lost";
  switch (guest.state) {
    case "creating":
    case "starting":
      return "preparing";
    case "running":
    case "paused":
      return "ready";
    case "suspending":
    case "suspended":
      return "suspended";
    case "stopping":
    case "stopped":
    case "crashed":
      return "stopped";
    case "deleting":
      return "ending";
  }
}

const shownViewer = ({ desktop: _, since, lastInput: _input, ...rest }: Watching): DesktopViewer => ({
  ...rest,
  since: new Date(since).toISOString(),
});
