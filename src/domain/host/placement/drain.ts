/**
 * The plan of emptying a host, whole before anything moves: where each guest goes, or why it cannot and what would let
 * it. What is planned counts for what comes after it, so the targets have room for all of them together.
 *
 * The largest go first, as they find a place least easily. Guests that have to be together go to one host, one after
 * another. A guest that needs company which has not moved yet waits for it.
 */
import { Board } from "./board.ts";
import { refusals, type Refusal } from "./filters.ts";
import {
  asTheyRun,
  moveOf,
  moving,
  needing,
  runs,
  targetOf,
  Trial,
  type Blockers,
  type PlannedMove,
} from "./moves.ts";
import type { HostOffer } from "./offer.ts";
import { explain, type PlacementAsking } from "./place.ts";
import { termOf, termsOf, type Resident } from "./wish.ts";

export interface DrainLimits {
  /** Moves at once. */
  readonly parallel: number;
  /** Of these, to one host. */
  readonly perTarget: number;
}

export const defaultDrainLimits: DrainLimits = { parallel: 4, perTarget: 2 };

export interface DrainMove extends PlannedMove {
  /** Those of one round may be under way together; from 0. */
  readonly round: number;
}

export interface StuckGuest {
  readonly guest: string;
  readonly name: string;
  readonly reason: string;
  readonly fix: string;
}

export interface DrainPlan {
  readonly moves: readonly DrainMove[];
  readonly stuck: readonly StuckGuest[];
}

const largestFirst = (a: Resident, b: Resident): number =>
  Number(runs(b)) - Number(runs(a)) ||
  b.needs.memory - a.needs.memory ||
  b.needs.disk - a.needs.disk ||
  (a.id < b.id ? -1 : 1);

/** Guests that have to be together, as far as they are all on this host: each with those it needs, and so on. */
function parties(board: Board, guests: readonly Resident[]): Resident[][] {
  const left = new Set(guests);
  const found: Resident[][] = [];
  for (const first of guests) {
    if (!left.delete(first)) continue;
    const party = [first];
    for (const one of party) {
      const needed = (one.placement.affinity ?? [])
        .filter(({ required }) => required)
        .map((company) => termOf(one.project, company));
      const with_ = [...left].filter(
        (other) =>
          termsOf(other).some((term) => needed.includes(term)) || needing(board, one).includes(other),
      );
      for (const other of with_) if (left.delete(other)) party.push(other);
    }
    found.push(party);
  }
  return found;
}

/** Its wish without the company that moves along. */
function aside(guest: Resident, party: readonly Resident[]): Resident {
  const along = new Set(party.filter((one) => one !== guest).flatMap(termsOf));
  const affinity = guest.placement.affinity?.filter((one) => !along.has(termOf(guest.project, one)));
  return { ...guest, placement: { ...guest.placement, ...(affinity ? { affinity } : {}) } };
}

/** Where all of them can be; they are there on the board afterwards, or back where they were. */
function settle(board: Board, party: readonly Resident[], asking: PlacementAsking): string | undefined {
  const trial = new Trial(board);
  const alone = party.map((guest) => aside(guest, party));
  for (const guest of party) trial.lift(guest);
  const [first, ...others] = alone;
  const targets =
    others.length === 0
      ? [targetOf(board, first!, asking)?.host]
      : explain(board, moving(first!), asking).ranking.map(({ host }) => host);
  for (const host of targets) {
    if (host === undefined || host === first!.host) continue;
    const landed: Resident[] = [];
    for (const [at, guest] of alone.entries()) {
      const standing = board.standing(host);
      if (!standing || refusals(standing, moving(guest), asking).length > 0) break;
      trial.land(party[at]!, host);
      landed.push(guest);
    }
    if (landed.length === party.length) return host;
    for (const { id } of landed) board.go(id);
  }
  trial.back();
  return undefined;
}

/** What is in the way: that of the host which is nearest to having it, and in how many others something is. */
function whyStuck(
  board: Board,
  guest: Resident,
  asking: PlacementAsking,
): Pick<StuckGuest, "reason" | "fix"> {
  const trial = new Trial(board);
  trial.lift(guest);
  const refused = explain(board, moving(guest), asking).refusals.filter(({ host }) => host !== guest.host);
  trial.back();
  const nearest = refused.toSorted((a, b) => hardness(a.reasons) - hardness(b.reasons))[0];
  const reason = nearest?.reasons[0];
  if (!nearest || !reason)
    return { reason: "there is no other host", fix: "Let another host join, or stop the guest." };
  const others = refused.length > 1 ? `; ${refused.length - 1} more cannot have it either` : "";
  return { reason: `${nearest.name} ${reason.reason}${others}`, fix: reason.fix };
}

/** A host that is not there is farther than one that lacks much. */
const hardness = (reasons: readonly Refusal[]): number =>
  reasons.reduce((sum, { filter }) => sum + (filter === "state" || filter === "heard" ? 100 : 1), 0);

/** Hands out rounds: each the earliest that has room for one more to that host. */
class Rounds {
  readonly #limits: DrainLimits;
  readonly #rounds: { all: number; readonly to: Map<string, number> }[] = [];

  constructor(limits: DrainLimits) {
    this.#limits = limits;
  }

  next(host: string): number {
    const { parallel, perTarget } = this.#limits;
    const found = this.#rounds.findIndex(({ all, to }) => all < parallel && (to.get(host) ?? 0) < perTarget);
    const at = found < 0 ? this.#rounds.push({ all: 0, to: new Map() }) - 1 : found;
    const round = this.#rounds[at]!;
    round.all++;
    round.to.set(host, (round.to.get(host) ?? 0) + 1);
    return at;
  }
}

export function planDrain(
  host: string,
  offers: readonly HostOffer[],
  guests: readonly Resident[],
  blockers: Blockers,
  asking: PlacementAsking,
  limits: DrainLimits = defaultDrainLimits,
): DrainPlan {
  const leaving = (offer: HostOffer): HostOffer => ({ ...offer, state: "draining" });
  const board = Board.of(
    offers.map((offer) => (offer.host === host ? leaving(offer) : offer)),
    asTheyRun(offers, guests),
  );
  const name = board.standing(host)?.offer.name ?? host;
  const own = [...board.on(host)].toSorted(largestFirst);
  const rounds = new Rounds(limits);
  const moves: DrainMove[] = [];
  const stuck: StuckGuest[] = [];
  let waiting: Resident[][] = [];
  for (const party of parties(board, own)) {
    const held = party.find(({ id }) => blockers.has(id));
    if (!held) {
      waiting.push(party);
      continue;
    }
    const { reason, fix } = blockers.get(held.id)!;
    for (const { id: guest, name: called } of party)
      stuck.push({
        guest,
        name: called,
        reason: guest === held.id ? reason : `${held.name}: ${reason}`,
        fix,
      });
  }
  for (let moved = true; moved;) {
    moved = false;
    const later: Resident[][] = [];
    for (const party of waiting) {
      const to = settle(board, party, asking);
      if (to === undefined) {
        later.push(party);
        continue;
      }
      moved = true;
      for (const guest of party)
        moves.push({ ...moveOf(guest, to, `${name} is drained`), round: rounds.next(to) });
    }
    waiting = later;
  }
  for (const guest of waiting.flat())
    stuck.push({ guest: guest.id, name: guest.name, ...whyStuck(board, guest, asking) });
  return { moves, stuck };
}
