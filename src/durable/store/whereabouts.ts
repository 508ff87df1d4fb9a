/**
 * On which host of a cluster each record is. Kept up by whoever watches the whole store; on a single host it knows
 * nothing and nobody asks.
 *
 * One key may be on several hosts, as an image's is; of any other it is so only within a transaction that moves it.
 */
import type { StoreEvent } from "./store.ts";
import { locate } from "./partition.ts";

export class Whereabouts {
  #hosts = new Map<string, readonly string[]>();

  /** Begins anew, with the places of all records. */
  takeAll(places: Iterable<string>): void {
    this.#hosts = new Map();
    for (const place of places) this.#add(place);
  }

  take(events: readonly StoreEvent[]): void {
    for (const { type, key: place } of events) {
      if (type === "put") this.#add(place);
      else this.#remove(place);
    }
  }

  /** Every host that has it, in no order. */
  hostsOf(key: string): readonly string[] {
    return this.#hosts.get(key) ?? [];
  }

  #add(place: string): void {
    const { host, key } = locate(place);
    if (host === undefined) return;
    const known = this.hostsOf(key);
    if (!known.includes(host)) this.#hosts.set(key, [...known, host]);
  }

  #remove(place: string): void {
    const { host, key } = locate(place);
    if (host === undefined) return;
    const left = this.hostsOf(key).filter((one) => one !== host);
    if (left.length > 0) this.#hosts.set(key, left);
    else this.#hosts.delete(key);
  }
}
