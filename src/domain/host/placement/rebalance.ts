/**
 * The plan of a rebalance: which guests move where, and why, before anything moves.
 *
 * First the guests that are where they may not be by now: a label was taken from the host, or a wish was changed. Then, by policy,
 * either the fullest hosts give to emptier ones, or the emptiest give all they have to fuller ones (consolidate.ts). No move makes anything
 * worse: each either brings a guest to where it may be, or leaves the hosts more even (the sum of load² × size goes
 * down) and its guest at least as well off as before; and none leaves a guest alone that has to have company.
 */
import type { PlacementPolicy } from "#contract/schema/placement";
import { Board } from "./board.ts";
import { consolidate } from "./consolidate.ts";
import { refusals, type FilterName } from "./filters.ts";
import {
  asTheyRun,
  moveOf,
  moving,
  needing,
  targetOf,
  Trial,
  type Blockers,
  type PlannedMove,
} from "./moves.ts";
import type { HostOffer } from "./offer.ts";
import type { PlacementAsking } from "./place.ts";
import { rate } from "./scores.ts";
import { loadOf, type Standing } from "./standing.ts";
import type { Resident } from "./wish.ts";
import { percent } from "./words.ts";

export interface RebalancePolicy {
  readonly policy: PlacementPolicy;
  /** Hosts whose load is within this of the mean are left alone; 0 to 1. */
  readonly tolerance: number;
  readonly mostMoves: number;
}

export const defaultRebalance: RebalancePolicy = { policy: "balance", tolerance: 0.1, mostMoves: 20 };

export interface RebalancePlan {
  readonly moves: readonly PlannedMove[];
  /** How far the loads are apart, 0 to 1: the standard deviation. */
  readonly before: number;
  readonly after: number;
}

/** What may be otherwise by now for a guest that was placed well once. */
const lasting: ReadonlySet<FilterName> = new Set([
  "chosen",
  "label",
  "taint",
  "network",
  "storage",
  "affinity",
  "antiAffinity",
]);

/** A move has to better the hosts by this much to be worth it: of 100 equal hosts, one that goes from 60 to 58 % to one of 40. */
const worth = 1e-6;

const isIn = ({ offer }: Standing): boolean => offer.state === "in";

const sizeOf = ({ offer }: Standing): number => offer.limit.memory;

/** What is to go down. Of one host, as part of the sum. */
const unevenness = (standing: Standing, size: number): number =>
  (sizeOf(standing) / size) * loadOf(standing) ** 2;

/** The standard deviation of their loads, each host counting by its size. */
function spread(board: Board): number {
  const hosts = [...board.standings()].filter(isIn);
  const size = hosts.reduce((sum, host) => sum + sizeOf(host), 0);
  const over = (of: (load: number) => number) =>
    hosts.reduce((sum, host) => sum + (sizeOf(host) / size) * of(loadOf(host)), 0);
  const mean = over((load) => load);
  return Math.sqrt(over((load) => (load - mean) ** 2));
}

/** Why a guest should not be where it is; undefined where it may. */
function misplaced(board: Board, guest: Resident, asking: PlacementAsking): string | undefined {
  const trial = new Trial(board);
  trial.lift(guest);
  const standing = board.standing(guest.host);
  const found = standing && refusals(standing, guest, asking).find(({ filter }) => lasting.has(filter));
  trial.back();
  return standing && found && `${standing.offer.name} ${found.reason}`;
}

/** Guests that may be moved at all. */
function movable(board: Board, host: string, blockers: Blockers): Resident[] {
  return [...board.on(host)]
    .filter(
      (guest) => guest.needs.memory > 0 && !blockers.has(guest.id) && needing(board, guest).length === 0,
    )
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

function mend(board: Board, blockers: Blockers, asking: PlacementAsking, most: number): PlannedMove[] {
  const moves: PlannedMove[] = [];
  const sources = [...board.standings()]
    .filter(isIn)
    .toSorted((a, b) => (a.offer.host < b.offer.host ? -1 : 1));
  for (const { offer } of sources)
    for (const guest of movable(board, offer.host, blockers)) {
      if (moves.length >= most) return moves;
      const why = misplaced(board, guest, asking);
      if (why === undefined) continue;
      const trial = new Trial(board);
      trial.lift(guest);
      const to = targetOf(board, guest, asking)?.host;
      if (to === undefined) trial.back();
      else {
        trial.land(guest, to);
        moves.push(moveOf(guest, to, why));
      }
    }
  return moves;
}

interface Option {
  readonly guest: Resident;
  readonly to: string;
  readonly gain: number;
  readonly why: string;
}

/** What moving it would better, were it worth it. The board is afterwards as it was. */
function optionOf(board: Board, guest: Resident, size: number, asking: PlacementAsking): Option | undefined {
  const source = board.standing(guest.host)!;
  const [high, before] = [loadOf(source), unevenness(source, size)];
  const trial = new Trial(board);
  trial.lift(guest);
  try {
    const best = targetOf(board, guest, asking);
    const target = best && board.standing(best.host);
    if (!target) return undefined;
    const wellOff = rate(source, moving(guest), guest.placement.policy ?? asking.policy).total;
    if (best.total < wellOff) return undefined;
    const [low, beforeThere] = [loadOf(target), unevenness(target, size)];
    const left = [loadOf(source), unevenness(source, size)] as const;
    trial.land(guest, best.host);
    const gain = before + beforeThere - left[1] - unevenness(target, size);
    board.go(guest.id);
    if (gain < worth) return undefined;
    const why = `${source.offer.name} goes from ${percent(high)} to ${percent(left[0])}, ${best.name} from ${percent(low)} to ${percent(loadOf(target, guest.needs))}`;
    return { guest, to: best.host, gain, why };
  } finally {
    trial.back();
  }
}

/** The best single move from the fullest host that has any. */
function nextMove(
  board: Board,
  tolerance: number,
  blockers: Blockers,
  done: ReadonlySet<string>,
  asking: PlacementAsking,
): Option | undefined {
  const hosts = [...board.standings()].filter(isIn);
  const size = hosts.reduce((sum, host) => sum + sizeOf(host), 0);
  const mean = hosts.reduce((sum, host) => sum + (loadOf(host) * sizeOf(host)) / size, 0);
  const full = hosts
    .filter((host) => loadOf(host) > mean + tolerance)
    .toSorted((a, b) => loadOf(b) - loadOf(a) || (a.offer.host < b.offer.host ? -1 : 1));
  for (const { offer } of full) {
    const options = movable(board, offer.host, blockers)
      .filter(({ id }) => !done.has(id))
      .flatMap((guest) => optionOf(board, guest, size, asking) ?? []);
    const [best] = options.toSorted((a, b) => b.gain - a.gain || (a.guest.id < b.guest.id ? -1 : 1));
    if (best) return best;
  }
  return undefined;
}

function even(
  board: Board,
  policy: RebalancePolicy,
  blockers: Blockers,
  asking: PlacementAsking,
  most: number,
) {
  const moves: PlannedMove[] = [];
  while (moves.length < most) {
    const done = new Set(moves.map(({ guest }) => guest));
    const next = nextMove(board, policy.tolerance, blockers, done, asking);
    if (!next) break;
    const trial = new Trial(board);
    trial.lift(next.guest);
    trial.land(next.guest, next.to);
    moves.push(moveOf(next.guest, next.to, next.why));
  }
  return moves;
}

/** @param now milliseconds since the Unix epoch */
export function planRebalance(
  offers: readonly HostOffer[],
  guests: readonly Resident[],
  policy: RebalancePolicy,
  blockers: Blockers,
  now: number,
): RebalancePlan {
  const board = Board.of(offers, asTheyRun(offers, guests));
  const asking: PlacementAsking = { now, policy: policy.policy };
  const before = spread(board);
  const mended = mend(board, blockers, asking, policy.mostMoves);
  const left = policy.mostMoves - mended.length;
  const settled = new Map(blockers);
  for (const { guest } of mended) settled.set(guest, { reason: "it moves already", fix: "" });
  const moves =
    policy.policy === "pack"
      ? consolidate(board, settled, asking, left)
      : even(board, policy, settled, asking, left);
  return { moves: [...mended, ...moves], before, after: spread(board) };
}
