/**
 * Keeps room for what has to come back when hosts die: a guest is not placed where fewer highly available guests would find a
 * place with it than without, were the hosts to fail that have most to come back.
 *
 * Where the reserve does not hold as it is, whatever makes it no worse is let in: nobody has to wait for a mend that is not theirs
 * to make. What moves, and what comes back itself, may use it.
 */
import { Board } from "./board.ts";
import { place, type PlacementAsking, type Ranked } from "./place.ts";
import { combinations, comesBack, without, type Shortfall } from "./reserve.ts";
import type { Wish } from "./wish.ts";

/** Hosts besides those that may fail, the heaviest, of which each combination is tried. */
const besides = 3;
/** What a guest is called that has no id yet. */
const newcomer = "a new one";
/** Hosts that are tried for one guest at most. */
const mostHosts = 16;

export interface Newcomer extends Wish {
  readonly highlyAvailable?: boolean;
}

export class KeptReserve {
  readonly #board: Board;
  readonly #failing: number;
  readonly #asking: PlacementAsking;
  readonly #heaviest: readonly string[];
  readonly #before = new Map<string, Shortfall["guests"]>();

  /** `board` is not changed. `failing`: how many hosts may fail at once, at least 1. */
  constructor(board: Board, failing: number, asking: Omit<PlacementAsking, "refused" | "kept">) {
    const offers = [...board.standings()].map(({ offer }) => offer);
    this.#board = Board.of(
      offers,
      offers.flatMap(({ host }) => [...board.on(host)]),
    );
    this.#failing = failing;
    this.#asking = asking;
    this.#heaviest = offers
      .map(({ host }) => ({
        host,
        weight: comesBack(this.#board, host).reduce((sum, { needs }) => sum + needs.memory, 0),
      }))
      .filter(({ weight }) => weight > 0)
      .toSorted((a, b) => b.weight - a.weight || (a.host < b.host ? -1 : 1))
      .slice(0, failing + besides)
      .map(({ host }) => host);
  }

  /** What would find no place any more with this guest on that host, and when; undefined: it leaves enough. */
  lacks(guest: Newcomer, host: string): Shortfall | undefined {
    for (const failed of this.#failures(host)) {
      const before = this.#without(failed);
      const id = guest.id ?? newcomer;
      const resting = this.#board.guest(id);
      this.#board.come({ ...guest, id, host });
      const after = without(this.#board, failed, this.#asking);
      this.#board.go(id);
      if (resting) this.#board.come(resting, { settled: true });
      if (after.length <= before.length) continue;
      const known = new Set(before.map((one) => one.guest));
      return { hosts: failed, guests: after.filter((one) => !known.has(one.guest)) };
    }
    return undefined;
  }

  #without(failed: readonly string[]): Shortfall["guests"] {
    const key = failed.join(" ");
    const known = this.#before.get(key) ?? without(this.#board, failed, this.#asking);
    this.#before.set(key, known);
    return known;
  }

  /** The worst that may befall, also to the guest's own host. */
  *#failures(host: string): Generator<readonly string[]> {
    const count = Math.min(this.#failing, this.#heaviest.length);
    if (count > 0) yield* combinations(this.#heaviest, count);
    if (!this.#heaviest.includes(host)) yield [host, ...this.#heaviest.slice(0, this.#failing - 1)];
  }
}

/** "db and web of alder, should that fail" */
export function keptFor({ hosts, guests }: Shortfall, nameOf: (host: string) => string): string {
  const names = guests.map(({ name }) => name);
  const shown =
    names.length > 3 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");
  return `${shown}, should ${hosts.map(nameOf).join(" and ")} fail`;
}

function reasonOf(lacks: Shortfall, nameOf: (host: string) => string): string {
  const itself = lacks.guests.every(({ guest }) => guest === newcomer);
  const hosts = lacks.hosts.map(nameOf).join(" and ");
  return itself
    ? `would have no other host to give it to, should ${hosts} fail`
    : `keeps its room for ${keptFor(lacks, nameOf)}`;
}

/**
 * As `place`, among the hosts on which the guest leaves enough.
 *
 * @returns also what was found of the others, for `explain`
 */
export function placeKeeping(
  board: Board,
  guest: Newcomer,
  asking: PlacementAsking,
  failing: number,
): { readonly best: Ranked | undefined; readonly asking: PlacementAsking } {
  if (failing === 0 || guest.needs.memory === 0) return { best: place(board, guest, asking).best, asking };
  const reserve = new KeptReserve(board, failing, asking);
  const nameOf = (host: string) => board.standing(host)?.offer.name ?? host;
  const kept = new Map<string, string>();
  const now = { ...asking, kept };
  while (kept.size < mostHosts) {
    const { best } = place(board, guest, now);
    const lacks = best && reserve.lacks(guest, best.host);
    if (!best || !lacks) return { best, asking: now };
    kept.set(best.host, reasonOf(lacks, nameOf));
  }
  return { best: undefined, asking: now };
}
