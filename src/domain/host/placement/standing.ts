/**
 * A host as it stands: its offer, and what the guests on it take. This is all that filters and scores look at.
 */
import type { Amount, HostOffer } from "./offer.ts";
import type { Resident } from "./wish.ts";

export interface Standing {
  readonly offer: HostOffer;
  /** What guests take. */
  readonly taken: Amount;
  /** Bytes of the memory that it had to give when it made its offer, which guests that came since then take. */
  readonly spoken: number;
  readonly residents: ReadonlyMap<string, Resident>;
  /** How many of its guests have this term (wish.ts). */
  count(term: string): number;
  /** Guests that are never to be on one host with such a term. */
  keptApartFrom(term: string): readonly Resident[];
  /** How many guests share the memory of the template with this id. */
  siblings(template: string): number;
}

export const resources = ["memory", "cpus", "disk"] as const;
export type Resource = (typeof resources)[number];

export const nothing: Amount = { memory: 0, cpus: 0, disk: 0 };

export const plus = (a: Amount, b: Amount): Amount => ({
  memory: a.memory + b.memory,
  cpus: a.cpus + b.cpus,
  disk: a.disk + b.disk,
});

export const minus = (a: Amount, b: Amount): Amount => ({
  memory: a.memory - b.memory,
  cpus: a.cpus - b.cpus,
  disk: a.disk - b.disk,
});

/** What can still be promised; negative where more is promised than may be by now. */
export const roomOf = ({ offer, taken }: Pick<Standing, "offer" | "taken">): Amount =>
  minus(minus(offer.limit, offer.held), taken);

/** Bytes of memory that it can give right now. */
export const availableOf = ({ offer, spoken }: Pick<Standing, "offer" | "spoken">): number =>
  Math.max(0, offer.available - spoken);

/** Memory counts three times as much as processors, which guests that do nothing do not take. */
const weights = { memory: 0.75, cpus: 0.25 } as const;

/**
 * Which part of what a host may promise is promised, 0 to 1, with `more` besides. It is linear: of two hosts with the
 * same limits the one that is fuller stays so whatever comes to either. The index relies on that (board.ts).
 */
export function loadOf({ offer, taken }: Pick<Standing, "offer" | "taken">, more: Amount = nothing): number {
  const part = (what: "memory" | "cpus") =>
    offer.limit[what] > 0
      ? (offer.held[what] + taken[what] + more[what]) / offer.limit[what]
      : Number(taken[what] + more[what] > 0);
  return weights.memory * part("memory") + weights.cpus * part("cpus");
}
