/** A store that lives in this process's memory: for tests, and as the plain statement of what a store does. */
import { readFile, writeFile } from "node:fs/promises";
import { type Clock, systemClock } from "#base/clock";
import { newId } from "#base/ids";
import { LodgeError } from "#contract/errors";
import { checkKey, checkPrefix, decodeItem, encodeTransaction } from "./encode.ts";
import type { EncodedItem, EncodedTransaction } from "./encode.ts";
import { LeaseTimer } from "./lease-timer.ts";
import type {
  Listing,
  ListOptions,
  Revision,
  Store,
  Transaction,
  WatchBatch,
  WatchOptions,
} from "./store.ts";
import { type EncodedBatch, type EncodedEvent, decodeEvent, WatchHub } from "./watch-hub.ts";

export interface MemoryStoreOptions {
  clock?: Clock;
  /** Revisions kept for watches that resume. Default 10,000. */
  history?: number;
}

interface Dump {
  readonly number: number;
  readonly items: readonly EncodedItem[];
}

export class MemoryStore implements Store {
  readonly #epoch = newId("e");
  readonly #items = new Map<string, EncodedItem>();
  readonly #hub = new WatchHub(decodeEvent);
  readonly #leases: LeaseTimer;
  readonly #historyLimit: number;
  #history: EncodedBatch[] = [];
  #number = 0;
  #floor = 0;
  #closed = false;

  constructor(options: MemoryStoreOptions = {}, dump?: Dump) {
    this.#historyLimit = options.history ?? 10_000;
    this.#leases = new LeaseTimer(options.clock ?? systemClock, (lease) => this.#deleteLeased(lease));
    this.#number = this.#floor = dump?.number ?? 0;
    for (const item of dump?.items ?? []) this.#items.set(item.key, item);
  }

  /** A store with what `backup` wrote. */
  static async restore(path: string, options: MemoryStoreOptions = {}): Promise<MemoryStore> {
    return new MemoryStore(options, JSON.parse(await readFile(path, "utf8")) as Dump);
  }

  get #revision(): Revision {
    return { epoch: this.#epoch, number: this.#number };
  }

  async get(key: string) {
    this.#checkOpen();
    checkKey(key);
    const item = this.#items.get(key);
    return item && decodeItem(item);
  }

  async list(prefix: string, options: ListOptions = {}): Promise<Listing> {
    this.#checkOpen();
    checkPrefix(prefix);
    const { after = "", limit = Infinity } = options;
    const keys = [...this.#items.keys()].filter((key) => key.startsWith(prefix) && key > after);
    const found = keys.toSorted((a, b) => (a < b ? -1 : 1)).slice(0, limit);
    const items = found.map((key) => decodeItem(this.#items.get(key)!));
    return { items, revision: this.#revision, more: keys.length > found.length };
  }

  async transact(transaction: Transaction): Promise<Revision> {
    this.#checkOpen();
    const encoded = encodeTransaction(transaction);
    for (const { key, revision } of encoded.compare) {
      if ((this.#items.get(key)?.revision ?? "absent") !== revision)
        throw new LodgeError("store.conflict", { key });
    }
    for (const { lease } of encoded.put) {
      if (lease !== null && !this.#leases.has(lease)) throw new LodgeError("store.lease_lost", { lease });
    }
    this.#apply(encoded);
    return this.#revision;
  }

  watch(prefix: string, options: WatchOptions): AsyncIterable<WatchBatch> {
    this.#checkOpen();
    checkPrefix(prefix);
    const subscription = this.#hub.subscribe(prefix, options.signal);
    const from = options.from ?? this.#revision;
    if (from.epoch !== this.#epoch || from.number < this.#floor || from.number > this.#number) {
      subscription.fail(new LodgeError("store.compacted", { revision: from.number }));
    } else {
      const history = this.#history.filter((batch) => batch.number > from.number);
      subscription.begin(this.#epoch, this.#number, history);
    }
    return subscription.batches();
  }

  async grantLease(seconds: number): Promise<string> {
    this.#checkOpen();
    const lease = newId("l");
    this.#leases.grant(lease, seconds);
    return lease;
  }

  async keepAlive(lease: string): Promise<void> {
    this.#checkOpen();
    this.#leases.keepAlive(lease);
  }

  async revokeLease(lease: string): Promise<void> {
    this.#checkOpen();
    this.#leases.drop(lease);
    this.#deleteLeased(lease);
  }

  async backup(path: string): Promise<void> {
    this.#checkOpen();
    const dump: Dump = {
      number: this.#number,
      items: [...this.#items.values()].map((item) => ({ ...item, lease: null })),
    };
    await writeFile(path, JSON.stringify(dump), { mode: 0o600, flag: "wx" });
  }

  async compact(before: number): Promise<void> {
    this.#checkOpen();
    this.#floor = Math.max(this.#floor, Math.min(before, this.#number));
    this.#history = this.#history.filter((batch) => batch.number > this.#floor);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#leases.close();
    this.#hub.close();
  }

  #checkOpen(): void {
    if (this.#closed) throw new LodgeError("store.unavailable", { path: "memory", reason: "it is closed" });
  }

  #deleteLeased(lease: string): void {
    const keys = [...this.#items.values()].filter((item) => item.lease === lease).map((item) => item.key);
    this.#apply({ compare: [], put: [], delete: keys });
  }

  #apply(transaction: EncodedTransaction): void {
    const number = this.#number + 1;
    const events: EncodedEvent[] = [];
    for (const key of transaction.delete) {
      const previous = this.#items.get(key);
      if (!previous) continue;
      this.#items.delete(key);
      events.push({ key, json: null, previous: previous.json });
    }
    for (const { key, json, lease } of transaction.put) {
      const previous = this.#items.get(key);
      this.#items.set(key, { key, json, lease, revision: number, created: previous?.created ?? number });
      events.push({ key, json, previous: previous?.json ?? null });
    }
    if (events.length === 0) return;
    this.#number = number;
    const batch = { number, events };
    this.#history.push(batch);
    if (this.#history.length > this.#historyLimit) this.#floor = this.#history.shift()!.number;
    this.#hub.publish([batch]);
  }
}
