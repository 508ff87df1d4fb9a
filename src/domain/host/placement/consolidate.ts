/**
 * Empties hosts that have little onto those that have more, a whole host or none of it: one that keeps a single guest
 * cannot be switched off, and what was moved was moved for nothing.
 */
import type { Board } from "./board.ts";
import { moveOf, needing, targetOf, Trial, type Blockers, type PlannedMove } from "./moves.ts";
import type { PlacementAsking } from "./place.ts";
import { loadOf, type Standing } from "./standing.ts";

const byLoad = (a: Standing, b: Standing): number =>
  loadOf(a) - loadOf(b) || (a.offer.host < b.offer.host ? -1 : 1);

/** All that is on it moves, to hosts that are fuller; or the board is as it was. */
function empty(
  board: Board,
  source: Standing,
  asking: PlacementAsking,
  emptied: ReadonlySet<string>,
): PlannedMove[] | undefined {
  const { host, name } = source.offer;
  const load = loadOf(source);
  const guests = [...board.on(host)].toSorted(
    (a, b) => b.needs.memory - a.needs.memory || (a.id < b.id ? -1 : 1),
  );
  const emptier = [...board.standings()].filter(
    (one) => emptied.has(one.offer.host) || one.residents.size === 0 || loadOf(one) < load,
  );
  const refused = new Map(emptier.map((one) => [one.offer.host, "it has less"]));
  const trial = new Trial(board);
  const moves: PlannedMove[] = [];
  for (const guest of guests) {
    const alone = needing(board, guest).length > 0;
    trial.lift(guest);
    const to = alone ? undefined : targetOf(board, guest, { ...asking, refused })?.host;
    if (to === undefined) {
      trial.back();
      return undefined;
    }
    trial.land(guest, to);
    moves.push(moveOf(guest, to, `${name} has little, and can be emptied`));
  }
  return moves;
}

export function consolidate(
  board: Board,
  blockers: Blockers,
  asking: PlacementAsking,
  mostMoves: number,
): PlannedMove[] {
  const moves: PlannedMove[] = [];
  const emptied = new Set<string>();
  const hosts = [...board.standings()]
    .filter(({ offer, residents }) => offer.state === "in" && residents.size > 0)
    .toSorted(byLoad);
  for (const source of hosts) {
    const moved = new Set(moves.map(({ to }) => to));
    // What came to it in this plan would move twice.
    if (moved.has(source.offer.host) || source.residents.size > mostMoves - moves.length) continue;
    if ([...source.residents.keys()].some((id) => blockers.has(id))) continue;
    const found = empty(board, source, asking, emptied);
    if (!found) continue;
    moves.push(...found);
    emptied.add(source.offer.host);
  }
  return moves;
}
