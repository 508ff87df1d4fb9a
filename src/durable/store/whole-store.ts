/**
 * All hosts' records and what is shared, to be read under the keys that they have on a single host: for what is about
 * the whole cluster. What is at a key on several hosts, as an image is, is there once.
 */
import { isOwn, locate, placeOf } from "./partition.ts";
import type { Item, Listing, ReadStore } from "./store.ts";
import type { Whereabouts } from "./whereabouts.ts";

export class WholeStore implements ReadStore {
  readonly #store: ReadStore;
  readonly #whereabouts: Pick<Whereabouts, "hostsOf">;

  constructor(store: ReadStore, whereabouts: Pick<Whereabouts, "hostsOf">) {
    this.#store = store;
    this.#whereabouts = whereabouts;
  }

  async get(key: string): Promise<Item | undefined> {
    const [host] = this.#whereabouts.hostsOf(key);
    const place = isOwn(key) && host !== undefined ? placeOf(host, key) : key;
    const item = await this.#store.get(place);
    return item && { ...item, key };
  }

  /** All below a prefix that ends with a noun's "/". */
  async list(prefix: string): Promise<Listing> {
    const listing = await this.#store.list(prefix);
    const items = new Map<string, Item>();
    for (const item of listing.items) {
      const { key } = locate(item.key);
      if (!items.has(key)) items.set(key, { ...item, key });
    }
    return { ...listing, items: [...items.values()] };
  }
}
