/**
 * The cluster's store as one host has it: its own records and what is shared, under the keys that they have on a
 * single host. Other hosts' own records do not exist here.
 *
 * Each change holds only as long as the host is what it was when it opened the store: `incarnation` is a key that
 * is written anew, or deleted, by whoever takes this host's guests over or removes it.
 */
import { hasCode, LodgeError } from "#contract/errors";
import { isMixed, locate, placeOf } from "./partition.ts";
import type {
  Compare,
  Item,
  Listing,
  ListOptions,
  Revision,
  Store,
  Transaction,
  WatchBatch,
  WatchOptions,
} from "./store.ts";

/** The part of a prefix that is the same wherever a key lies. */
const nounOf = (prefix: string): string => prefix.slice(0, prefix.indexOf("/") + 1);

export interface HostStoreParts {
  readonly store: Store;
  readonly host: string;
  /** What this host's changes hang on; undefined: nothing. */
  readonly incarnation?: Compare | undefined;
  /** Called when it is found that this host may change nothing any more. */
  readonly onFenced?: (() => void) | undefined;
}

export class HostStore implements Store {
  readonly #parts: HostStoreParts;

  constructor(parts: HostStoreParts) {
    this.#parts = parts;
  }

  async get(key: string): Promise<Item | undefined> {
    const item = await this.#parts.store.get(this.#place(key));
    return item && { ...item, key };
  }

  async list(prefix: string, options: ListOptions = {}): Promise<Listing> {
    if (isMixed(prefix)) return this.#listMixed(prefix, options);
    const { after } = options;
    const place = this.#place(prefix);
    const listing = await this.#parts.store.list(place, {
      ...options,
      ...(after === undefined ? {} : { after: this.#place(after) }),
    });
    // Of what is this host's own, places are longer than keys by the same; there may be ten thousand.
    const keyOf =
      place === prefix ? (key: string) => locate(key).key : (key: string) => prefix + key.slice(place.length);
    return { ...listing, items: listing.items.map((item) => ({ ...item, key: keyOf(item.key) })) };
  }

  /** @throws LodgeError also store.fenced */
  async transact({ compare = [], put = [], delete: deleted = [] }: Transaction): Promise<Revision> {
    const { store, incarnation } = this.#parts;
    const changes = put.length + deleted.length > 0;
    const placed = {
      compare: [
        ...(changes && incarnation ? [incarnation] : []),
        ...compare.map((one) => ({ ...one, key: this.#place(one.key) })),
      ],
      put: put.map((one) => ({ ...one, key: this.#place(one.key) })),
      delete: deleted.map((key) => this.#place(key)),
    };
    try {
      return await store.transact(placed);
    } catch (error) {
      if (hasCode(error, "store.conflict")) await this.#requireIncarnation();
      throw error;
    }
  }

  watch(prefix: string, options: WatchOptions): AsyncIterable<WatchBatch> {
    const place = isMixed(prefix) ? nounOf(prefix) : this.#place(prefix);
    return this.#seen(prefix, this.#parts.store.watch(place, options));
  }

  grantLease(seconds: number): Promise<string> {
    return this.#parts.store.grantLease(seconds);
  }

  keepAlive(lease: string): Promise<void> {
    return this.#parts.store.keepAlive(lease);
  }

  revokeLease(lease: string): Promise<void> {
    return this.#parts.store.revokeLease(lease);
  }

  /** Of the whole cluster's state. */
  backup(path: string): Promise<void> {
    return this.#parts.store.backup(path);
  }

  compact(before: number): Promise<void> {
    return this.#parts.store.compact(before);
  }

  close(): Promise<void> {
    return this.#parts.store.close();
  }

  #place(key: string): string {
    return placeOf(this.#parts.host, key);
  }

  /** By reading all that may be meant: nothing that is asked for often. */
  async #listMixed(prefix: string, { after = "", limit = Infinity }: ListOptions): Promise<Listing> {
    const { items, revision } = await this.#parts.store.list(nounOf(prefix));
    const mine = items.flatMap((item) => this.#mine(prefix, item)).filter(({ key }) => key > after);
    const sorted = mine.toSorted((a, b) => (a.key < b.key ? -1 : 1));
    return { items: sorted.slice(0, limit), revision, more: sorted.length > limit };
  }

  /** Of everything also the batches in which nothing is this host's: they tell how far the store is. */
  async *#seen(prefix: string, batches: AsyncIterable<WatchBatch>): AsyncGenerator<WatchBatch> {
    for await (const { revision, events } of batches) {
      const mine = events.flatMap((event) => this.#mine(prefix, event));
      if (prefix === "" || mine.length > 0) yield { revision, events: mine };
    }
  }

  #mine<T extends { readonly key: string }>(prefix: string, found: T): T[] {
    const { host, key } = locate(found.key);
    if (host !== undefined && host !== this.#parts.host) return [];
    return key.startsWith(prefix) ? [{ ...found, key }] : [];
  }

  async #requireIncarnation(): Promise<void> {
    const { store, incarnation, onFenced } = this.#parts;
    if (!incarnation) return;
    const now = await store.get(incarnation.key);
    if ((now?.revision ?? "absent") === incarnation.revision) return;
    onFenced?.();
    throw new LodgeError("store.fenced");
  }
}
