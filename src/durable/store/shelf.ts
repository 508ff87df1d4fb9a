/** The items below one prefix, in order, as a listing told them and changes have made them since. */
import { endOfPrefix } from "./encode.ts";
import type { Item, Listing, ListOptions, StoreEvent } from "./store.ts";

export class Shelf {
  readonly prefix: string;
  /** Number of the revision of that listing: what came until then is in it. */
  readonly since: number;
  readonly #items: Item[];

  constructor(prefix: string, { items, revision }: Pick<Listing, "items" | "revision">) {
    this.prefix = prefix;
    this.since = revision.number;
    this.#items = [...items];
  }

  /** @param number of the revision that the change has */
  take({ type, key, value }: StoreEvent, number: number): void {
    if (number <= this.since) return;
    const index = this.#indexOf(key);
    const found = this.#items[index];
    const known = found?.key === key ? found : undefined;
    if (type === "delete") {
      if (known) this.#items.splice(index, 1);
      return;
    }
    const item = { key, value, revision: number, created: known?.created ?? number };
    this.#items.splice(index, known ? 1 : 0, item);
  }

  list(prefix: string, { limit = Infinity, after = "" }: ListOptions): Pick<Listing, "items" | "more"> {
    const begin = after >= prefix ? `${after}\0` : prefix;
    const first = this.#indexOf(begin);
    const end = Math.max(first, this.#indexOf(endOfPrefix(prefix)));
    return { items: this.#items.slice(first, Math.min(end, first + limit)), more: end - first > limit };
  }

  /** Of the first item that has this key or comes after it. */
  #indexOf(key: string): number {
    let low = 0;
    let high = this.#items.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#items[middle]!.key < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
