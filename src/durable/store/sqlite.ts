/**
 * The store of a single host: one SQLite file, owned by a worker thread, so that no call waits for the
 * disk on the main thread. Durable when `transact` resolves (WAL, flushed at each commit); transactions
 * that wait at the same time share one flush.
 *
 * Only one process may have the file open; the daemon's own lock sees to that, SQLite's as well.
 */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { type Clock, systemClock } from "#base/clock";
import { newId } from "#base/ids";
import { LodgeError } from "#contract/errors";
import { checkKey, checkPrefix, decodeItem, encodeTransaction } from "./encode.ts";
import { LeaseTimer } from "./lease-timer.ts";
import type { Answer, CallName, Calls, OpenData, Reply } from "./sqlite-protocol.ts";
import type {
  Item,
  Listing,
  ListOptions,
  Revision,
  Store,
  Transaction,
  WatchBatch,
  WatchOptions,
} from "./store.ts";
import { decodeEvent, WatchHub } from "./watch-hub.ts";

export interface SqliteStoreOptions {
  clock?: Clock;
  /** Revisions kept for watches that resume. Default 10,000. */
  history?: number;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/**
 * Opens the store in the file at `path`, creating or migrating it where needed.
 *
 * @throws LodgeError store.unavailable, store.newer, host.no_space.
 */
export async function openSqliteStore(path: string, options: SqliteStoreOptions = {}): Promise<Store> {
  const thread = new SqliteThread({ path, history: options.history ?? 10_000 });
  const { epoch, leases } = await thread.call("open");
  const store = new SqliteStore(thread, epoch, options.clock ?? systemClock);
  for (const { id, seconds } of leases) store.resumeLease(id, seconds);
  return store;
}

/** The worker, as functions that answer later. */
class SqliteThread {
  readonly hub = new WatchHub(decodeEvent);
  readonly #path: string;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #broken: LodgeError | undefined;

  constructor(data: OpenData) {
    this.#path = data.path;
    this.#worker = new Worker(new URL("./sqlite-worker.ts", import.meta.url), {
      workerData: data,
      execArgv: [],
    });
    this.#worker.on("message", (answer: Answer) => this.#receive(answer));
    this.#worker.on("error", (error) => this.#break("its thread failed", error));
    this.#worker.on("exit", () => this.#break("it is closed"));
  }

  call<Name extends CallName>(
    name: Name,
    ...args: Parameters<Calls[Name]>
  ): Promise<ReturnType<Calls[Name]>> {
    return new Promise((resolve, reject) => {
      if (this.#broken) return reject(this.#broken);
      const id = ++this.#lastId;
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.#worker.postMessage({ id, name, args });
    });
  }

  async close(): Promise<void> {
    if (this.#broken) return;
    const exit = once(this.#worker, "exit");
    await this.call("close");
    await exit;
  }

  #receive({ batches, replies }: Answer): void {
    this.hub.publish(batches);
    for (const reply of replies) this.#settle(reply);
  }

  #settle(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ("problem" in reply) waiting?.reject(LodgeError.fromProblem(reply.problem));
    else waiting?.resolve(reply.value);
  }

  #break(reason: string, cause?: unknown): void {
    this.#broken ??= new LodgeError("store.unavailable", { path: this.#path, reason }, { cause });
    for (const { reject } of this.#waiting.values()) reject(this.#broken);
    this.#waiting.clear();
    this.hub.close(this.#broken);
  }
}

class SqliteStore implements Store {
  readonly #thread: SqliteThread;
  readonly #epoch: string;
  readonly #leases: LeaseTimer;

  constructor(thread: SqliteThread, epoch: string, clock: Clock) {
    this.#thread = thread;
    this.#epoch = epoch;
    // A lease whose end cannot be written stays in the store and ends again after the next start.
    this.#leases = new LeaseTimer(
      clock,
      (lease) => void thread.call("endLease", lease).catch(() => undefined),
    );
  }

  /** Nobody could keep a lease alive while the store was closed, so it begins anew. */
  resumeLease(id: string, seconds: number): void {
    this.#leases.grant(id, seconds);
  }

  async get(key: string): Promise<Item | undefined> {
    checkKey(key);
    const item = await this.#thread.call("get", key);
    return item && decodeItem(item);
  }

  async list(prefix: string, options: ListOptions = {}): Promise<Listing> {
    checkPrefix(prefix);
    const limit = options.limit ?? Number.MAX_SAFE_INTEGER - 1;
    const { items, number, more } = await this.#thread.call("list", prefix, options.after ?? "", limit);
    return { items: items.map(decodeItem), revision: this.#revision(number), more };
  }

  async transact(transaction: Transaction): Promise<Revision> {
    return this.#revision(await this.#thread.call("transact", encodeTransaction(transaction)));
  }

  watch(prefix: string, { from, signal }: WatchOptions): AsyncIterable<WatchBatch> {
    checkPrefix(prefix);
    const subscription = this.#thread.hub.subscribe(prefix, signal);
    if (from && from.epoch !== this.#epoch) {
      subscription.fail(new LodgeError("store.compacted", { revision: from.number }));
    } else {
      this.#thread.call("history", prefix, from?.number ?? null).then(
        ({ number, batches }) => subscription.begin(this.#epoch, number, batches),
        (error: unknown) => subscription.fail(error),
      );
    }
    return subscription.batches();
  }

  async grantLease(seconds: number): Promise<string> {
    const lease = newId("l");
    await this.#thread.call("grantLease", lease, seconds);
    this.#leases.grant(lease, seconds);
    return lease;
  }

  async keepAlive(lease: string): Promise<void> {
    this.#leases.keepAlive(lease);
  }

  async revokeLease(lease: string): Promise<void> {
    this.#leases.drop(lease);
    await this.#thread.call("endLease", lease);
  }

  backup(path: string): Promise<void> {
    return this.#thread.call("backup", path);
  }

  compact(before: number): Promise<void> {
    return this.#thread.call("compact", before);
  }

  async close(): Promise<void> {
    this.#leases.close();
    this.#thread.hub.close();
    await this.#thread.close();
  }

  #revision(number: number): Revision {
    return { epoch: this.#epoch, number };
  }
}
