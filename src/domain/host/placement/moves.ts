/** What plans of moves are made of: a guest as it moves, and a board on which moves are tried and taken back. */
import type { Board } from "./board.ts";
import type { HostOffer } from "./offer.ts";
import { place, type PlacementAsking } from "./place.ts";
import { termOf, termsOf, type Resident } from "./wish.ts";

export interface PlannedMove {
  readonly guest: string;
  readonly name: string;
  readonly from: string;
  readonly to: string;
  /** live: it runs on meanwhile. */
  readonly how: "live" | "cold";
  readonly why: string;
}

/** Why a guest cannot move, and what would make it possible. */
export interface Blocker {
  readonly reason: string;
  readonly fix: string;
}

/** By the guests' ids. */
export type Blockers = ReadonlyMap<string, Blocker>;

/** Those that say so themselves. */
export const heldThere = (guests: readonly Resident[]): Map<string, Blocker> =>
  new Map(guests.flatMap(({ id, held }) => (held ? [[id, held] as const] : [])));

export const runs = ({ needs }: Pick<Resident, "needs">): boolean => needs.memory > 0;

/** What guests have got used to: the processor of the host that they run on, where they see it as it is. */
export function asTheyRun(offers: readonly HostOffer[], guests: readonly Resident[]): Resident[] {
  const known = new Map(offers.map(({ host, cpuFeatures }) => [host, cpuFeatures]));
  return guests.map((guest) => {
    const cpuFeatures = known.get(guest.host);
    return runs(guest) && guest.cpuModel === "host" && cpuFeatures ? { ...guest, cpuFeatures } : guest;
  });
}

/** What it needs where it moves to: all of its memory, since what a fork shares stays where its template is. */
export function moving(guest: Resident): Resident {
  const { template: _template, forkOf: _forkOf, ...rest } = guest;
  return { ...rest, atOnce: { fork: guest.atOnce.boot, boot: guest.atOnce.boot } };
}

export const moveOf = (guest: Resident, to: string, why: string): PlannedMove => ({
  guest: guest.id,
  name: guest.name,
  from: guest.host,
  to,
  how: runs(guest) ? "live" : "cold",
  why,
});

/** Others on its host that have to be with it, and would be left behind. */
export function needing(board: Board, guest: Resident): Resident[] {
  const terms = new Set(termsOf(guest));
  const standing = board.standing(guest.host);
  return [...board.on(guest.host)].filter(
    ({ id, project, placement: { affinity = [] } }) =>
      id !== guest.id &&
      affinity.some((one) => {
        const term = termOf(project, one);
        return one.required && terms.has(term) && (standing?.count(term) ?? 0) <= 1;
      }),
  );
}

/** Moves guests on a board, and back again. */
export class Trial {
  readonly #board: Board;
  readonly #before: Resident[] = [];

  constructor(board: Board) {
    this.#board = board;
  }

  /** Where it would go, leaving its host out of it. It is off the board afterwards: `land` it or take all back. */
  lift(guest: Resident): void {
    this.#before.push(guest);
    this.#board.go(guest.id);
  }

  land(guest: Resident, host: string): void {
    this.#board.come({ ...moving(guest), host });
  }

  back(): void {
    for (const guest of this.#before.splice(0).toReversed()) this.#board.come(guest, { settled: true });
  }
}

/** The best host for a guest that is off the board, other than where it comes from. */
export const targetOf = (board: Board, guest: Resident, asking: PlacementAsking) =>
  place(board, moving(guest), {
    ...asking,
    refused: new Map([[guest.host, "it is to leave it"], ...(asking.refused ?? [])]),
  }).best;
