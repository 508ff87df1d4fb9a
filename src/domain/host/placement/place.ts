/**
 * Which host a guest is placed on, and why.
 *
 * `explain` looks at every host, for people. `place` finds the same host without: where a wish names few hosts, by what
 * it names; else it looks at the few that have something of their own to offer (those with its template, its companions,
 * its image), and walks over the others from the best by load on, until none that follows can be better or it has seen
 * enough of them. What is sought only to be better is given up after `enough` hosts; whether there is a host at all is
 * found out for certain.
 */
import type { Company, PlacementPolicy } from "#contract/schema/placement";
import type { Board } from "./board.ts";
import { refusals, refusedByHost, refusedByKind, type Asking, type Refusal } from "./filters.ts";
import { leastRoom, type Kind } from "./kinds.ts";
import { baseOf, better, rate, weights, type Rated } from "./scores.ts";
import type { Standing } from "./standing.ts";
import { termOf, type Wish } from "./wish.ts";

export interface Ranked extends Rated {
  readonly host: string;
  readonly name: string;
}

export interface Refused {
  readonly host: string;
  readonly name: string;
  readonly reasons: readonly Refusal[];
}

export interface Decision {
  /** Absent where every host refuses. */
  readonly host?: string;
  /** Hosts that can have it, the best first. */
  readonly ranking: readonly Ranked[];
  /** Those that cannot, by name. */
  readonly refusals: readonly Refused[];
}

export interface Choice {
  readonly best: Ranked | undefined;
  /** Hosts, kinds of hosts and steps between them that were looked at. */
  readonly looked: number;
}

export interface PlacementAsking extends Asking {
  /** Of guests that do not say. */
  readonly policy: PlacementPolicy;
}

const policyOf = ({ placement }: Wish, { policy }: PlacementAsking): PlacementPolicy =>
  placement.policy ?? policy;

export function explain(board: Board, wish: Wish, asking: PlacementAsking): Decision {
  const ranking: Ranked[] = [];
  const refused: Refused[] = [];
  for (const standing of board.standings()) {
    const { host, name } = standing.offer;
    const reasons = refusals(standing, wish, asking);
    if (reasons.length > 0) refused.push({ host, name, reasons });
    else ranking.push({ host, name, ...rate(standing, wish, policyOf(wish, asking)) });
  }
  ranking.sort(better);
  return {
    ...(ranking[0] ? { host: ranking[0].host } : {}),
    ranking,
    refusals: refused.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

/** A set of hosts this large is not gone through: the walk meets its hosts soon enough. */
const few = 64;
/** A walk ends after so many hosts that can have it, or so many at all: the best until then is good enough. */
const enough = { good: 48, seen: 160 } as const;

type Hosts = ReadonlyMap<string, unknown>;

/** Sets of which its host has to be in each. */
function required({ index }: Board, { project, placement }: Wish): Hosts[] {
  const { hosts, hostLabels = [], affinity = [] } = placement;
  return [
    ...(hosts ? [new Map(hosts.flatMap((ref) => [...index.names.on(ref)]))] : []),
    ...hostLabels.map((label) => index.labels.on(label)),
    ...affinity.filter((one) => one.required).map((one) => index.terms.on(termOf(project, one))),
  ];
}

/** Sets that make a host better by at most so much. */
function favoured({ index }: Board, wish: Wish): { readonly hosts: Hosts; readonly most: number }[] {
  const { project, placement, template, image } = wish;
  const wanted = (all: readonly Company[] = []) => all.filter((one) => !one.required);
  const near = wanted(placement.affinity);
  return [
    ...near.map((one) => ({
      hosts: index.terms.on(termOf(project, one)),
      most: weights.affinity / near.length,
    })),
    ...(template === undefined
      ? []
      : [{ hosts: index.templates.on(template), most: weights.template + weights.siblings }]),
    ...(image === undefined ? [] : [{ hosts: index.images.on(image), most: weights.image }]),
  ];
}

/** A host at which a walk stands. */
interface Head {
  readonly line: Generator<string>;
  readonly standing: Standing;
  readonly base: number;
}

/** Of two that are as good, the same one whatever kind came first. */
const before = (a: Head, b: Head): boolean =>
  a.base > b.base || (a.base === b.base && a.standing.offer.host < b.standing.offer.host);

/** One search: what was looked at, and the best of it. */
class Search {
  readonly #board: Board;
  readonly #wish: Wish;
  readonly #asking: PlacementAsking;
  readonly #policy: PlacementPolicy;
  readonly #seen = new Set<string>();
  readonly #kinds = new Map<string, boolean>();
  best: Ranked | undefined;
  looked = 0;
  #good = 0;

  constructor(board: Board, wish: Wish, asking: PlacementAsking) {
    this.#board = board;
    this.#wish = wish;
    this.#asking = asking;
    this.#policy = policyOf(wish, asking);
  }

  run(): Choice {
    const smallest = required(this.#board, this.#wish).toSorted((a, b) => a.size - b.size)[0];
    if (smallest && smallest.size <= few) this.#lookAt(smallest);
    else {
      const sets = favoured(this.#board, this.#wish);
      for (const { hosts } of sets) if (hosts.size <= few) this.#lookAt(hosts);
      const open = sets.filter(({ hosts }) => hosts.size > few);
      this.#walk(open.reduce((sum, { most }) => sum + most, this.#apart()));
    }
    return { best: this.best, looked: this.looked };
  }

  /** Every host may be one from which nobody is to be kept apart. */
  #apart(): number {
    const { antiAffinity = [] } = this.#wish.placement;
    return antiAffinity.some(({ required: hard }) => !hard) ? weights.antiAffinity : 0;
  }

  #lookAt(hosts: Hosts): void {
    for (const host of hosts.keys()) {
      const standing = this.#board.standing(host);
      const kind = this.#board.kindOf(host);
      if (standing && kind && this.#kindCan(kind)) this.#look(standing);
    }
  }

  #kindCan(kind: Kind): boolean {
    const known = this.#kinds.get(kind.key);
    if (known !== undefined) return known;
    this.looked++;
    const can = refusedByKind(kind.traits, this.#wish).next().done === true;
    this.#kinds.set(kind.key, can);
    return can;
  }

  #look(standing: Standing): void {
    const { host, name } = standing.offer;
    if (this.#seen.has(host)) return;
    this.#seen.add(host);
    this.looked++;
    if (refusedByHost(standing, this.#wish, this.#asking).next().done !== true) return;
    this.#good++;
    const ranked = { host, name, ...rate(standing, this.#wish, this.#policy) };
    if (!this.best || better(ranked, this.best) < 0) this.best = ranked;
  }

  /** Over all kinds at once, from the host that is best by kind and load on. `most`: what any may have besides. */
  #walk(most: number): void {
    const step = () => void this.looked++;
    const needs = leastRoom(this.#wish);
    const first = this.#policy === "balance" ? "least" : "most";
    const lines = [...this.#board.kinds.all()]
      .filter((kind) => this.#kindCan(kind))
      .map(({ order }) => order.withRoom(needs, first, step));
    let heads = lines.flatMap((line) => this.#next(line));
    const begun = { good: this.#good, seen: this.#seen.size };
    const seenEnough = () =>
      this.#good - begun.good >= enough.good || this.#seen.size - begun.seen >= enough.seen;
    while (heads.length > 0) {
      const head = heads.reduce((top, one) => (before(one, top) ? one : top));
      if (this.best && (head.base + most <= this.best.total || seenEnough())) return;
      this.#look(head.standing);
      heads = [...heads.filter((one) => one !== head), ...this.#next(head.line)];
    }
  }

  #next(line: Generator<string>): Head[] {
    const { value, done } = line.next();
    if (done) return [];
    const standing = this.#board.standing(value)!;
    return [{ line, standing, base: baseOf(standing, this.#wish, this.#policy) }];
  }
}

export const place = (board: Board, wish: Wish, asking: PlacementAsking): Choice =>
  new Search(board, wish, asking).run();
