/** A cluster that might be: hosts of three sizes in racks, 50 guests on each of dozens of applications, images and templates. */
import { Board } from "../../src/domain/host/placement/board.ts";
import type { HostOffer } from "../../src/domain/host/placement/offer.ts";
import type { Resident, Wish } from "../../src/domain/host/placement/wish.ts";
import { GiB, offerOf, residentOf, wishOf } from "./placement-hosts.ts";

/** The same numbers each time, evenly spread (mulberry32). */
export function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const templateOf = (image: number): string => `default/i${image}/1/${GiB}`;

const sizes = [128, 256, 512] as const;

function hostAt(n: number, next: () => number): HostOffer {
  const memory = sizes[n % 3]! * GiB;
  // No two machines have the same memory to the byte.
  const limit = { memory: memory * 4 - Math.floor(next() * 2 ** 26), cpus: 64 * 64, disk: 20_000 * GiB };
  const images = Array.from({ length: 20 }, (_, image) => image).filter(() => next() < 0.4);
  const templates = images.filter(() => next() < 0.5);
  return offerOf(`h${n}`, {
    labels: { rack: `r${n % 40}`, ...(next() < 0.3 ? { ssd: "" } : {}) },
    taints: n % 50 === 0 ? ["gpu"] : [],
    images: images.map((image) => `i${image}`),
    templates: templates.map((image) => ({
      id: `t${n}-${image}`,
      key: templateOf(image),
      warm: next() < 0.8,
      resident: GiB / 2,
    })),
    limit,
    available: memory,
  });
}

const shape = (next: () => number) => {
  const memory = [0.5, 1, 1, 2, 4, 8][Math.floor(next() * 6)]! * GiB;
  return {
    labels: { app: `app${Math.floor(next() * 60)}` },
    needs: { memory, cpus: 1 + Math.floor(next() * 4), disk: 20 * GiB },
    atOnce: { fork: memory / 4, boot: memory },
  };
};

export function simulated(hosts: number, guestsOnEach = 50): Board {
  const next = numbers(hosts);
  const offers = Array.from({ length: hosts }, (_, n) => hostAt(n, next));
  const guests: Resident[] = Array.from({ length: hosts * guestsOnEach }, (_, n) => {
    const image = Math.floor(next() * 20);
    return residentOf(`g${n}`, `h${n % hosts}`, { ...shape(next), forkOf: `t${n % hosts}-${image}` });
  });
  return Board.of(offers, guests);
}

/** What is asked for: most guests want nothing special, some company, some to be apart, some a rack or fast disks. */
export function wishesOf(count: number): Wish[] {
  const next = numbers(count);
  return Array.from({ length: count }, (_, n) => {
    const image = Math.floor(next() * 20);
    const app = `app=app${Math.floor(next() * 60)}`;
    const placement = [
      {},
      {},
      {},
      { affinity: [{ label: app }] },
      { antiAffinity: [{ label: app }] },
      { antiAffinity: [{ label: app, required: true }] },
      { hostLabels: [`rack=r${Math.floor(next() * 10)}`] },
      { hostLabels: ["ssd"] },
    ][Math.floor(next() * 8)]!;
    return wishOf(`new${n}`, { ...shape(next), image: `i${image}`, template: templateOf(image), placement });
  });
}
