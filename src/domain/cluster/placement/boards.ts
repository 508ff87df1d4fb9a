/**
 * The board of all hosts (domain/host/placement), kept up by watching the store:
 *
 *   guests/@h1/…    who is where             members/h1   name, labels, taints, state
 *   offers/h1       what h1 offers           beats/h1     that it answers
 *
 * On a host that stands alone there is one of each, and the board is made when it is asked for.
 */
import type { Clock } from "#base/clock";
import { Mirror } from "#durable/store/mirror";
import { locate } from "#durable/store/partition";
import type { Item, Store, StoreEvent } from "#durable/store/store";
import { Board } from "#domain/host/placement/board";
import type { HostOffer } from "#domain/host/placement/offer";
import { guestPrefix, listGuests, type GuestRecord } from "#domain/guest/record";
import { beatPrefix, memberPrefix, type MemberRecord } from "#domain/member/record";
import type { OwnOffer } from "./own-offer.ts";
import { toResident } from "./resident.ts";

export const offerPrefix = "offers/";
export const offerKey = (host: string): string => offerPrefix + host;

export interface Boards {
  /** Of all that was written before this call. */
  current(): Promise<Board>;
}

/** What is said of a host that makes up its offer. */
interface Known {
  offer?: OwnOffer;
  member?: MemberRecord;
  /** Since when there is no beat; undefined: there is one. */
  silentSince?: number | undefined;
}

/** Pure. Undefined where there is no such member, or it runs no guests, or has said nothing yet. */
export function joined({ offer, member, silentSince }: Known): HostOffer | undefined {
  if (!offer || !member || member.witness) return undefined;
  return {
    ...offer,
    host: member.id,
    name: member.name,
    state: member.state === "active" ? "in" : "draining",
    labels: member.labels ?? {},
    taints: member.taints ?? [],
    ...(silentSince === undefined ? {} : { silentSince }),
  };
}

export class ClusterBoards implements Boards {
  readonly #clock: Pick<Clock, "now">;
  readonly #mirror: Mirror;
  readonly #hosts = new Map<string, Known>();
  #board = new Board();

  /** `store`: the whole of it, as it lies. */
  constructor(store: Store, clock: Pick<Clock, "now">) {
    this.#clock = clock;
    this.#mirror = new Mirror(store, [guestPrefix, memberPrefix, beatPrefix, offerPrefix], {
      all: (items) => this.#all(items),
      change: (events) => this.#change(events),
    });
  }

  open(): Promise<void> {
    return this.#mirror.open();
  }

  close(): void {
    this.#mirror.close();
  }

  async current(): Promise<Board> {
    await this.#mirror.caughtUp();
    return this.#board;
  }

  #all(items: readonly Item[]): void {
    this.#board = new Board();
    this.#hosts.clear();
    for (const { key, value } of items) this.#take(key, value);
    for (const host of this.#hosts.keys()) this.#tell(host);
  }

  #change(events: readonly StoreEvent[]): void {
    const told = new Set<string>();
    // A guest that moves is deleted in one place and put in another, in one transaction and in no order.
    const gone = events.filter(({ type }) => type !== "put");
    const put = events.filter(({ type }) => type === "put");
    for (const { key, value } of [...gone, ...put]) {
      const host = this.#take(key, value);
      if (host !== undefined) told.add(host);
    }
    for (const host of told) this.#tell(host);
  }

  /** Gives the host whose offer is another one by it. */
  #take(place: string, value: unknown): string | undefined {
    const { host, key } = locate(place);
    if (key.startsWith(guestPrefix)) {
      if (value === undefined) this.#board.go(key.slice(guestPrefix.length));
      else if (host !== undefined) this.#board.come(toResident(value as GuestRecord, host));
      return undefined;
    }
    for (const prefix of [memberPrefix, offerPrefix, beatPrefix])
      if (key.startsWith(prefix)) return this.#learn(prefix, key.slice(prefix.length), value);
    return undefined;
  }

  #learn(prefix: string, host: string, value: unknown): string | undefined {
    const known: Known = this.#hosts.get(host) ?? { silentSince: this.#clock.now() };
    this.#hosts.set(host, known);
    if (prefix === beatPrefix) {
      const answered = known.silentSince === undefined;
      if (answered === (value !== undefined)) return undefined;
      known.silentSince = value === undefined ? this.#clock.now() : undefined;
    } else if (prefix === memberPrefix) {
      if (value === undefined) this.#hosts.delete(host);
      else known.member = value as MemberRecord;
    } else if (value === undefined) delete known.offer;
    else known.offer = value as OwnOffer;
    return host;
  }

  #tell(host: string): void {
    const offer = joined(this.#hosts.get(host) ?? {});
    if (offer) this.#board.offer(offer);
    else this.#board.withdraw(host);
  }
}

/** What a host that stands alone is called among hosts of which it is the only one. */
export const aloneHost = "alone";

export class SingleBoards implements Boards {
  readonly #store: Store;
  readonly #name: string;
  readonly #offer: () => Promise<OwnOffer>;

  constructor(store: Store, name: string, offer: () => Promise<OwnOffer>) {
    this.#store = store;
    this.#name = name;
    this.#offer = offer;
  }

  async current(): Promise<Board> {
    const [offer, guests] = await Promise.all([this.#offer(), listGuests(this.#store)]);
    const alone = { ...offer, name: this.#name, state: "in", labels: {}, taints: [] } as const;
    return Board.of(
      [alone],
      guests.map((record) => toResident(record, offer.host)),
    );
  }
}
