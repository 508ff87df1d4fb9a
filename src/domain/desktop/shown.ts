/** A desktop as those see it who may. */
import type { Desktop, DesktopStateName, DesktopViewer, LostWith } from "#contract/schema/desktop";
import type { Guest } from "#contract/schema/guest";
import type { Watching } from "../console/watchers.ts";
import type { HomeState } from "./homes.ts";
import type { DesktopUse } from "./use.ts";
import type { DesktopRecord } from "./record.ts";

export interface Around {
  /** The pool's name. */
  readonly pool: string;
  /** Its guest, where that is known of. */
  readonly guest: Guest | undefined;
  /** Its guest's host, where that does not answer. */
  readonly lost: LostWith | undefined;
  readonly use: DesktopUse;
  readonly home: HomeState | undefined;
  /** Id of the recording that is being made of it. */
  readonly recording: string | undefined;
}

export function shownDesktop(
  record: DesktopRecord,
  { pool, guest, lost, use, home, recording }: Around,
): Desktop {
  const { userName, user: _, ending: _ending, ...rest } = record;
  const watching = record.guest === undefined ? [] : use.of(record.guest);
  const lastInput = record.guest === undefined ? undefined : use.lastInput(record.guest);
  return {
    ...rest,
    poolName: pool,
    user: userName,
    ...(guest ? { guestName: guest.name } : {}),
    ...(guest?.host === undefined ? {} : { host: guest.host }),
    ...howItStands(record, guest, lost),
    ...(lastInput === undefined ? {} : { lastInputAt: new Date(lastInput).toISOString() }),
    ...(home === undefined ? {} : { home: shownHome(home) }),
    viewers: watching.map(shownViewer),
    ...(recording === undefined ? {} : { recording }),
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
