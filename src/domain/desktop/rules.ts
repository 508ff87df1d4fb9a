/**
 * What becomes of a desktop that nobody uses, or whose time is over. Pure: what is due next follows from records, the pool's rules
 * and what is known of its viewers.
 *
 *   idle        with a viewer, since the last key or button                    ──► whoever watches is disconnected
 *   suspend     since the last viewer went                                     ──► suspended
 *   sign-off    since the last viewer went                                     ──► ended
 *   longest     since it was given; of an assigned guest, since it was begun   ──► ended
 *   hours       when its pool closes                                           ──► ended
 *
 * To end an assigned guest is to shut it down: of one that is off nothing is due until its user begins it again.
 * Nothing is done to somebody who watches that was not announced to him: what comes due unannounced is announced then, and done
 * after the time of the warning.
 */
import type { Announced } from "#contract/schema/desktop";
import { ticketLife } from "../console/tickets.ts";
import { hasProcess } from "../guest/state.ts";
import { openingAt } from "./hours.ts";
import type { Marked } from "./plan.ts";
import type { DesktopRecord, PoolRecord } from "./record.ts";

export interface Using {
  /** Does its user watch it? */
  readonly watched: boolean;
  /** His last key or button, or when he came. Milliseconds since the Unix epoch, as all times here. */
  readonly lastInput: number;
  /** Since when nobody watches it; undefined: it is brought up for somebody, who is about to come. */
  readonly left: number | undefined;
  /** Since when he has had it; undefined: there is nothing to end. */
  readonly had: number | undefined;
  /** Does its guest run? */
  readonly runs: boolean;
}

export interface Due {
  readonly at: number;
  readonly what: Announced["what"];
  readonly why: Announced["why"];
}

const usualWarning = 60;
/** Milliseconds in which whoever a desktop was brought up for comes: his ticket counts no longer. */
const arrival = ticketLife;

/** What follows from the records of a desktop and its guest. */
export function usingOf(
  { keeps }: Pick<PoolRecord, "keeps">,
  { createdAt, disconnectedAt }: Pick<DesktopRecord, "createdAt" | "disconnectedAt">,
  { state, stateSince }: Pick<Marked, "state" | "stateSince">,
  now: number,
): Pick<Using, "left" | "had" | "runs"> {
  const given = Date.parse(createdAt);
  const begun = hasProcess(state) ? Math.max(given, Date.parse(stateSince)) : given;
  const went = disconnectedAt === undefined ? given : Date.parse(disconnectedAt);
  const comes = state === "creating" || state === "starting" || (went <= begun && now - begun < arrival);
  const had = keeps !== "guest" ? given : hasProcess(state) ? begun : undefined;
  return { left: comes ? undefined : Math.max(went, begun), had, runs: state === "running" };
}

export const warningOf = ({ rules }: Pick<PoolRecord, "rules">): number =>
  (rules.warn ?? usualWarning) * 1000;

/** What happens to it next, if all stays as it is. */
export function dueNext(
  { rules, hours }: Pick<PoolRecord, "rules" | "hours">,
  { announced }: Pick<DesktopRecord, "announced">,
  { watched, lastInput, left, had, runs }: Using,
  now: number,
): Due | undefined {
  const found: Due[] = [];
  const add = (from: number | undefined, seconds: number | undefined, what: Due["what"], why: Due["why"]) => {
    if (from !== undefined && seconds !== undefined) found.push({ at: from + seconds * 1000, what, why });
  };
  // What somebody decided stays as he did; a warning of less in between would take its place.
  const decided = announced && isDecided(announced);
  if (decided) found.push({ at: Date.parse(announced.at), what: announced.what, why: announced.why });
  if (watched && !decided) add(lastInput, rules.idle, "disconnect", "idle");
  if (!watched && runs) add(left, rules.suspend, "suspend", "disconnected");
  if (had !== undefined) {
    if (!watched) add(left, rules.signOff, "sign-off", "disconnected");
    add(had, rules.longest, "sign-off", "longest");
    const { open, changesAt } = openingAt(hours, now);
    // Closed: as was said, or from now on.
    const closes = open ? changesAt : announced?.why === "hours" ? Date.parse(announced.at) : now;
    add(closes, 0, "sign-off", "hours");
  }
  return found.toSorted((a, b) => a.at - b.at)[0];
}

export const isDecided = ({ why }: Pick<Announced, "why">): boolean => why === "asked" || why === "roll-out";

export type Step =
  | { readonly kind: "nothing" }
  | { readonly kind: "announce"; readonly announced: Announced }
  /** What was announced does not come. */
  | { readonly kind: "call-off" }
  | { readonly kind: "do"; readonly due: Due };

/** What is to be done now. */
export function nextStep(
  pool: Pick<PoolRecord, "rules" | "hours">,
  desktop: Pick<DesktopRecord, "announced">,
  using: Using,
  now: number,
): Step {
  const due = dueNext(pool, desktop, using, now);
  const { announced } = desktop;
  const warning = warningOf(pool);
  const off: Step = announced && !isDecided(announced) ? { kind: "call-off" } : { kind: "nothing" };
  if (!due || due.at - warning > now) return off;
  if (!using.watched) return due.at <= now ? { kind: "do", due } : off;
  if (announced && announced.what === due.what && announced.why === due.why) {
    const at = Date.parse(announced.at);
    // Later, as by a key that was pressed: it is said anew.
    if (due.at > at + 1000) return { kind: "announce", announced: said(due, due.at) };
    return at <= now ? { kind: "do", due } : { kind: "nothing" };
  }
  return { kind: "announce", announced: said(due, Math.max(due.at, now + warning)) };
}

const said = ({ what, why }: Due, at: number): Announced => ({ at: new Date(at).toISOString(), what, why });
