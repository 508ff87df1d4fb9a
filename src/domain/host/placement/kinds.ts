/**
 * Hosts of one kind: all that the filters of traits look at is the same of them, and they are about as large. Those
 * filters are asked once for all of them, and in order of load they stay in order whatever is placed on them.
 */
import { traitsOf, type HostTraits } from "./filters.ts";
import { Order, type Place, type Room } from "./order.ts";
import { availableOf, loadOf, roomOf, type Standing } from "./standing.ts";
import type { HostOffer } from "./offer.ts";
import type { Wish } from "./wish.ts";

export interface Kind {
  readonly key: string;
  readonly traits: HostTraits;
  readonly order: Order;
}

/** The same machine never has the same memory to the byte: hosts within a twelfth of each other are alike. */
const sizeClass = (bytes: number): number => Math.floor(Math.log2(Math.max(1, bytes)) * 8);

const kindKey = (traits: HostTraits, { limit }: HostOffer): string =>
  JSON.stringify([traits, sizeClass(limit.memory), limit.cpus]);

export const placeOf = (standing: Standing): Place => {
  const { memory, cpus, disk } = roomOf(standing);
  return {
    host: standing.offer.host,
    load: loadOf(standing),
    room: [memory, cpus, disk, availableOf(standing)],
  };
};

/** What each of them has to have at least, in the order of `placeOf`. */
export const leastRoom = ({ needs, atOnce }: Wish): Room => [
  needs.memory,
  needs.cpus,
  needs.disk,
  needs.memory === 0 ? 0 : Math.min(atOnce.fork, atOnce.boot),
];

export class Kinds {
  readonly #kinds = new Map<string, Kind>();

  of(offer: HostOffer): Kind {
    const traits = traitsOf(offer);
    const key = kindKey(traits, offer);
    const known = this.#kinds.get(key);
    if (known) return known;
    const kind = { key, traits, order: new Order() };
    this.#kinds.set(key, kind);
    return kind;
  }

  /** Forgets one that no host is of any more. */
  left(kind: Kind): void {
    if (kind.order.size === 0) this.#kinds.delete(kind.key);
  }

  all(): Iterable<Kind> {
    return this.#kinds.values();
  }
}
