/**
 * Is there room kept for what has to come back when hosts die? Tries it: takes hosts away and places the highly available
 * guests that were on them, the largest first.
 *
 * For one host it is tried with each. For more, with each combination as long as there are not too many of them;
 * beyond that, with those of the hosts that have most to come back.
 */
import { Board } from "./board.ts";
import type { HostOffer } from "./offer.ts";
import { explain, place, type PlacementAsking } from "./place.ts";
import { Trial } from "./moves.ts";
import type { Resident } from "./wish.ts";

export interface Shortfall {
  /** What would have to fail. */
  readonly hosts: readonly string[];
  /** Guests that would find no place then. */
  readonly guests: readonly { readonly guest: string; readonly name: string; readonly reason: string }[];
}

export interface Reserve {
  readonly holds: boolean;
  readonly shortfalls: readonly Shortfall[];
  /** Combinations of hosts that were tried, of all that there are. */
  readonly tried: number;
  readonly all: number;
}

const mostCombinations = 2000;

export function* combinations<T>(items: readonly T[], count: number, from = 0): Generator<T[]> {
  if (count === 0) return void (yield []);
  for (let at = from; at <= items.length - count; at++)
    for (const rest of combinations(items, count - 1, at + 1)) yield [items[at]!, ...rest];
}

function countOf(items: number, chosen: number): number {
  let count = 1;
  for (let at = 0; at < chosen; at++) count = (count * (items - at)) / (at + 1);
  return Math.round(count);
}

/** As many hosts, those with most to come back, as there are combinations for. */
function most(hosts: readonly string[], failing: number): number {
  let count = hosts.length;
  while (count > failing && countOf(count, failing) > mostCombinations) count--;
  return count;
}

/** What is to come back elsewhere when this host dies. */
export const comesBack = (board: Board, host: string): Resident[] =>
  [...board.on(host)].filter((guest) => guest.highlyAvailable === true);

/** Started anew: it has all of its memory for itself, and may choose among accelerators. */
const comingBack = (guest: Resident): Resident => {
  const { template: _template, forkOf: _forkOf, accelerator: _accelerator, ...rest } = guest;
  return { ...rest, atOnce: { fork: guest.atOnce.boot, boot: guest.atOnce.boot } };
};

/** Guests that would find no place if these hosts failed. The board is afterwards as it was. */
export function without(
  board: Board,
  hosts: readonly string[],
  asking: PlacementAsking,
): Shortfall["guests"] {
  const refused = new Map(hosts.map((host) => [host, "it failed"]));
  const lost = hosts
    .flatMap((host) => comesBack(board, host))
    .toSorted((a, b) => b.needs.memory - a.needs.memory || (a.id < b.id ? -1 : 1));
  const trial = new Trial(board);
  for (const guest of lost) trial.lift(guest);
  const unplaced = lost.flatMap((guest) => {
    const wish = comingBack(guest);
    const { best } = place(board, wish, { ...asking, refused });
    if (best) {
      board.come({ ...wish, host: best.host });
      return [];
    }
    const reasons = explain(board, wish, { ...asking, refused }).refusals;
    const other = reasons.find(({ host }) => !refused.has(host));
    const reason = other ? `${other.name} ${other.reasons[0]!.reason}` : "no other host is left";
    return [{ guest: guest.id, name: guest.name, reason }];
  });
  trial.back();
  return unplaced;
}

/** @param failing how many hosts may fail at once */
export function checkReserve(
  offers: readonly HostOffer[],
  guests: readonly Resident[],
  failing: number,
  asking: PlacementAsking,
): Reserve {
  const board = Board.of(offers, guests);
  const weight = (host: string) => comesBack(board, host).reduce((sum, { needs }) => sum + needs.memory, 0);
  const hosts = offers
    .filter(({ state }) => state === "in")
    .map(({ host }) => ({ host, weight: weight(host) }))
    .toSorted((a, b) => b.weight - a.weight || (a.host < b.host ? -1 : 1))
    .map(({ host }) => host);
  const count = Math.min(failing, hosts.length);
  const tried = hosts.slice(0, most(hosts, count));
  const shortfalls: Shortfall[] = [];
  for (const failed of combinations(tried, count)) {
    const unplaced = without(board, failed, asking);
    if (unplaced.length > 0) shortfalls.push({ hosts: failed, guests: unplaced });
  }
  return {
    holds: shortfalls.length === 0,
    shortfalls,
    tried: countOf(tried.length, count),
    all: countOf(hosts.length, count),
  };
}
