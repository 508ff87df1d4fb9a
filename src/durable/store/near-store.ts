/**
 * A cluster's store with a part of it near: what lies below the `kept` prefixes is held in memory and follows the store by one
 * watch, from which everybody's watches in this process are fed as well.
 *
 * A listing is no older for it. It asks the store how far it is (one small read of a quorum's, shared by those who ask at the same time),
 * waits until the watch has come as far, and is then answered from memory. Where the watch does not come that far soon, the
 * listing is the store's own; where there is no quorum, it fails as that one's.
 *
 *   list ──how far?──► revision r ──watch has r──► from memory
 *                          └──not soon──► a key is written, which the watch has to tell ──► from memory
 *                                                        └──still not──► from the store
 *
 * (The store's revision rises also by what no watch tells: by marks of transactions, or what somebody else keeps in the same etcd.)
 *
 * What is handed out is held by others too, and frozen. Nothing below a kept prefix hangs on a lease.
 */
import type { Log } from "#base/log";
import { hasCode, LodgeError } from "#contract/errors";
import { AskedTogether } from "./asked-together.ts";
import { checkPrefix } from "./encode.ts";
import { freeze } from "./freeze.ts";
import { nowhere } from "./mirror.ts";
import { onceAnswered } from "./once-answered.ts";
import { RecentBatches } from "./recent-batches.ts";
import { Shelf } from "./shelf.ts";
import { put } from "./update.ts";
import { WatchHub } from "./watch-hub.ts";
import type {
  Item,
  Listing,
  ListOptions,
  Revision,
  Store,
  StoreEvent,
  Transaction,
  WatchBatch,
  WatchOptions,
} from "./store.ts";

export interface NearOptions {
  /** Prefixes of what is held, none below another. */
  readonly kept: readonly string[];
  readonly log: Pick<Log, "warn" | "error">;
  /** Changes that are held for watches which begin with what came after a revision. */
  readonly history?: number;
}

/** Milliseconds for a change to be told by the watch, and for that of a key which is written to make it tell. */
const patience = { change: 100, written: 2000 } as const;

interface Waiting {
  readonly number: number;
  readonly done: (reached: boolean) => void;
}

export class NearStore implements Store {
  readonly #store: Store;
  readonly #kept: readonly string[];
  readonly #log: Pick<Log, "warn" | "error">;
  readonly #closed = new AbortController();
  readonly #hub = new WatchHub<StoreEvent>((event) => event);
  readonly #recent: RecentBatches;
  readonly #newest: AskedTogether<Revision>;
  readonly #written: AskedTogether<Revision>;
  readonly #waiting = new Set<Waiting>();
  #shelves: readonly Shelf[] = [];
  /** What the watch has told. */
  #revision: Revision = { epoch: "", number: -1 };
  #follows = true;

  private constructor(store: Store, { kept, log, history = 1000 }: NearOptions) {
    this.#store = store;
    this.#log = log;
    this.#kept = [nowhere, ...kept];
    this.#recent = new RecentBatches(history);
    this.#newest = new AskedTogether(async () => (await store.list(nowhere, { limit: 1 })).revision);
    this.#written = new AskedTogether(() => put(store, `${nowhere}now`, null));
  }

  /** Reads what is kept. @throws LodgeError store.unavailable */
  static async open(store: Store, options: NearOptions): Promise<NearStore> {
    const near = new NearStore(store, options);
    const watch = await near.#begin();
    near.#follow(watch).catch((error: unknown) => near.#fail(error));
    return near;
  }

  get(key: string): Promise<Item | undefined> {
    return this.#store.get(key);
  }

  async list(prefix: string, options: ListOptions = {}): Promise<Listing> {
    checkPrefix(prefix);
    // Looked for again once it has caught up: everything may have been read anew, or let go of, meanwhile.
    const isKept = this.#shelfOf(prefix) !== undefined && (await this.#caughtUp());
    const shelf = isKept ? this.#shelfOf(prefix) : undefined;
    if (!shelf) return this.#store.list(prefix, options);
    return { ...shelf.list(prefix, options), revision: this.#revision };
  }

  transact(transaction: Transaction): Promise<Revision> {
    return this.#store.transact(transaction);
  }

  watch(prefix: string, options: WatchOptions): AsyncIterable<WatchBatch> {
    const { from, signal } = options;
    const history = from && this.#follows ? this.#recent.after(from) : undefined;
    if (!from || !history || from.number > this.#revision.number) return this.#store.watch(prefix, options);
    const subscription = this.#hub.subscribe(prefix, signal);
    if (!subscription.ended) subscription.begin(from.epoch, this.#revision.number, history);
    return subscription.batches();
  }

  grantLease(seconds: number): Promise<string> {
    return this.#store.grantLease(seconds);
  }

  keepAlive(lease: string): Promise<void> {
    return this.#store.keepAlive(lease);
  }

  revokeLease(lease: string): Promise<void> {
    return this.#store.revokeLease(lease);
  }

  backup(path: string): Promise<void> {
    return this.#store.backup(path);
  }

  async compact(before: number): Promise<void> {
    await this.#store.compact(before);
    this.#recent.forget(before);
  }

  async close(): Promise<void> {
    this.#closed.abort();
    this.#end();
    await this.#store.close();
  }

  #shelfOf(key: string): Shelf | undefined {
    return this.#shelves.find(({ prefix }) => key.startsWith(prefix));
  }

  /** Is everything here that was committed before this call? It is waited for, but not for long. */
  async #caughtUp(): Promise<boolean> {
    if (!this.#follows) return false;
    const { number } = await this.#newest.ask();
    if (await this.#reaches(number, patience.change)) return true;
    try {
      await this.#written.ask();
    } catch (error) {
      if (!hasCode(error, "store.unavailable", "store.unsettled")) throw error;
      return false;
    }
    return this.#reaches(number, patience.written);
  }

  async #reaches(number: number, milliseconds: number): Promise<boolean> {
    if (this.#has(number)) return true;
    if (!this.#follows) return false;
    return new Promise<boolean>((resolve) => {
      const done = (reached: boolean) => {
        clearTimeout(timer);
        this.#waiting.delete(waiting);
        resolve(reached);
      };
      const waiting = { number, done };
      const timer = setTimeout(done, milliseconds, false);
      this.#waiting.add(waiting);
    });
  }

  /** Before the watch has told what came while it was all read, some of that is of later than it has told. */
  #has(number: number): boolean {
    const { number: told } = this.#revision;
    return told >= number && this.#shelves.every(({ since }) => told >= since);
  }

  /** Reads everything, and watches from a moment before that. */
  async #begin(): Promise<AsyncIterable<WatchBatch>> {
    const { revision } = await this.#store.list(nowhere, { limit: 1 });
    const shelves: Shelf[] = [];
    for (const prefix of this.#kept) {
      const listing = await this.#store.list(prefix);
      for (const { value } of listing.items) freeze(value);
      shelves.push(new Shelf(prefix, listing));
    }
    this.#shelves = shelves;
    this.#revision = revision;
    this.#recent.begin(revision);
    this.#release();
    return this.#store.watch("", { from: revision, signal: this.#closed.signal });
  }

  async #follow(first: AsyncIterable<WatchBatch>): Promise<void> {
    const { signal } = this.#closed;
    for (let watch = first; !signal.aborted;) {
      const error = await this.#takeAll(watch);
      if (error === undefined || signal.aborted) return this.#end();
      if (!hasCode(error, "store.compacted")) this.#log.warn({ err: error }, "the records are read anew");
      watch = await onceAnswered(() => this.#begin(), signal);
      // Nobody's watch can be told what happened meanwhile.
      this.#hub.close(new LodgeError("store.compacted", { revision: this.#revision.number }));
    }
  }

  /** Why the watch failed; undefined: it has ended, with the store. */
  async #takeAll(watch: AsyncIterable<WatchBatch>): Promise<unknown> {
    try {
      for await (const batch of watch) this.#take(batch);
      return undefined;
    } catch (error) {
      return error;
    }
  }

  #take({ revision, events }: WatchBatch): void {
    for (const event of events) {
      freeze(event.value);
      freeze(event.previous);
      this.#shelfOf(event.key)?.take(event, revision.number);
    }
    const batch = { number: revision.number, events };
    this.#revision = revision;
    this.#recent.add(batch);
    this.#hub.publish([batch]);
    this.#release();
  }

  #release(): void {
    for (const { number, done } of this.#waiting) if (this.#has(number)) done(true);
  }

  #fail(error: unknown): void {
    if (!this.#closed.signal.aborted)
      this.#log.error({ err: error }, "records are read from the store from now on, each time");
    this.#end();
  }

  /** From now on the store itself is asked. */
  #end(): void {
    this.#follows = false;
    this.#hub.close();
    for (const { done } of this.#waiting) done(false);
    this.#shelves = [];
  }
}
