/**
 * All hosts and who is on them, kept so that one more guest is placed without looking at every host. What changes is
 * told piece by piece: an offer, a guest that comes, a guest that goes; each costs the logarithm of the hosts.
 *
 * It holds no clock and does no I/O: a plan is made by trying its moves on a board of its own.
 */
import { Kinds, placeOf, type Kind } from "./kinds.ts";
import type { HostOffer } from "./offer.ts";
import type { Place } from "./order.ts";
import { minus, nothing, plus, type Standing } from "./standing.ts";
import { Occurrences } from "./occurrences.ts";
import { termOf, termsOf, type Resident } from "./wish.ts";

/** Guests on a host, of which there may be no offer yet. */
class Tenancy implements Omit<Standing, "offer"> {
  readonly #host: string;
  readonly #board: BoardIndex;
  readonly residents = new Map<string, Resident>();
  offer: HostOffer | undefined;
  taken = nothing;
  kind: Kind | undefined;
  place: Place | undefined;
  /** Bytes of those that came since the offer was made, by guest. */
  readonly newcomers = new Map<string, number>();

  constructor(host: string, board: BoardIndex) {
    this.#host = host;
    this.#board = board;
  }

  get spoken(): number {
    let sum = 0;
    for (const bytes of this.newcomers.values()) sum += bytes;
    return sum;
  }

  count(term: string): number {
    return this.#board.terms.count(term, this.#host);
  }

  siblings(template: string): number {
    return this.#board.siblings.count(template, this.#host);
  }

  keptApartFrom(term: string): readonly Resident[] {
    if (this.#board.apart.count(term, this.#host) === 0) return [];
    return [...this.residents.values()].filter((one) => apartTerms(one).includes(term));
  }
}

export interface BoardIndex {
  /** Terms of guests (wish.ts). */
  readonly terms: Occurrences;
  /** Terms that guests there have to be apart from. */
  readonly apart: Occurrences;
  /** By the template's id. */
  readonly siblings: Occurrences;
  /** By `templateKey`. */
  readonly templates: Occurrences;
  readonly images: Occurrences;
  /** Names and ids of hosts. */
  readonly names: Occurrences;
  /** Labels of hosts, with and without their values. */
  readonly labels: Occurrences;
}

const apartTerms = ({ project, placement: { antiAffinity = [] } }: Resident): string[] =>
  antiAffinity.filter(({ required }) => required).map((one) => termOf(project, one));

const takenAtOnce = ({ needs, atOnce, forkOf }: Resident): number =>
  needs.memory === 0 ? 0 : forkOf === undefined ? atOnce.boot : atOnce.fork;

const isKnown = (tenancy: Tenancy | undefined): tenancy is Tenancy & { offer: HostOffer } =>
  tenancy?.offer !== undefined;

export class Board {
  readonly index: BoardIndex = {
    terms: new Occurrences(),
    apart: new Occurrences(),
    siblings: new Occurrences(),
    templates: new Occurrences(),
    images: new Occurrences(),
    names: new Occurrences(),
    labels: new Occurrences(),
  };
  readonly kinds = new Kinds();
  readonly #tenancies = new Map<string, Tenancy>();
  readonly #guests = new Map<string, Resident>();
  #hosts = 0;

  /** A board of these, on which plans are tried. */
  static of(offers: Iterable<HostOffer>, guests: Iterable<Resident>): Board {
    const board = new Board();
    for (const guest of guests) board.come(guest);
    for (const offer of offers) board.offer(offer);
    return board;
  }

  /** How many hosts there are. */
  get size(): number {
    return this.#hosts;
  }

  offer(offer: HostOffer): void {
    const tenancy = this.#tenancy(offer.host);
    this.#withdraw(tenancy);
    tenancy.offer = offer;
    tenancy.kind = this.kinds.of(offer);
    tenancy.newcomers.clear();
    this.#hosts++;
    this.#count(offer, 1);
    this.#enter(tenancy);
  }

  withdraw(host: string): void {
    const tenancy = this.#tenancies.get(host);
    if (!tenancy) return;
    this.#withdraw(tenancy);
    if (tenancy.residents.size === 0) this.#tenancies.delete(host);
  }

  /**
   * A guest that is there, or is not what it was. `settled`: its memory is taken already in what the host offered; of
   * others it is taken until the host makes its next offer.
   */
  come(guest: Resident, { settled = false } = {}): void {
    this.go(guest.id);
    const tenancy = this.#tenancy(guest.host);
    this.#guests.set(guest.id, guest);
    this.#leave(tenancy);
    tenancy.residents.set(guest.id, guest);
    tenancy.taken = plus(tenancy.taken, guest.needs);
    if (isKnown(tenancy) && !settled) tenancy.newcomers.set(guest.id, takenAtOnce(guest));
    this.#note(guest, 1);
    this.#enter(tenancy);
  }

  go(id: string): void {
    const guest = this.#guests.get(id);
    if (!guest) return;
    const tenancy = this.#tenancy(guest.host);
    this.#guests.delete(id);
    this.#leave(tenancy);
    tenancy.residents.delete(id);
    tenancy.newcomers.delete(id);
    tenancy.taken = tenancy.residents.size === 0 ? nothing : minus(tenancy.taken, guest.needs);
    this.#note(guest, -1);
    this.#enter(tenancy);
  }

  guest(id: string): Resident | undefined {
    return this.#guests.get(id);
  }

  /** One that made an offer. */
  standing(host: string): Standing | undefined {
    const tenancy = this.#tenancies.get(host);
    return isKnown(tenancy) ? tenancy : undefined;
  }

  /** Of one that made an offer. */
  kindOf(host: string): Kind | undefined {
    return this.#tenancies.get(host)?.kind;
  }

  *standings(): Generator<Standing> {
    for (const tenancy of this.#tenancies.values()) if (isKnown(tenancy)) yield tenancy;
  }

  /** Of one that made none as well. */
  on(host: string): Iterable<Resident> {
    return this.#tenancies.get(host)?.residents.values() ?? [];
  }

  #tenancy(host: string): Tenancy {
    const known = this.#tenancies.get(host);
    if (known) return known;
    const tenancy = new Tenancy(host, this.index);
    this.#tenancies.set(host, tenancy);
    return tenancy;
  }

  #withdraw(tenancy: Tenancy): void {
    const { offer, kind } = tenancy;
    if (!offer || !kind) return;
    this.#leave(tenancy);
    this.kinds.left(kind);
    this.#count(offer, -1);
    this.#hosts--;
    tenancy.offer = undefined;
    tenancy.kind = undefined;
  }

  #enter(tenancy: Tenancy): void {
    if (!isKnown(tenancy) || !tenancy.kind) return;
    tenancy.place = placeOf(tenancy);
    tenancy.kind.order.add(tenancy.place);
  }

  #leave(tenancy: Tenancy): void {
    const { kind, place } = tenancy;
    if (!kind || !place) return;
    kind.order.remove(place);
    tenancy.place = undefined;
  }

  #count({ host, name, images, templates, labels }: HostOffer, by: 1 | -1): void {
    for (const ref of new Set([host, name])) this.index.names.change(ref, host, by);
    for (const image of images) this.index.images.change(image, host, by);
    for (const { key } of templates) this.index.templates.change(key, host, by);
    for (const [key, value] of Object.entries(labels)) {
      this.index.labels.change(key, host, by);
      this.index.labels.change(`${key}=${value}`, host, by);
    }
  }

  #note(guest: Resident, by: 1 | -1): void {
    for (const term of termsOf(guest)) this.index.terms.change(term, guest.host, by);
    for (const term of apartTerms(guest)) this.index.apart.change(term, guest.host, by);
    if (guest.forkOf !== undefined) this.index.siblings.change(guest.forkOf, guest.host, by);
  }
}
