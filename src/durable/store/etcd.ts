/**
 * The store of a cluster: an etcd of several members, of which more than half must run. Reads and transactions are
 * linearizable: whatever a quorum has acknowledged is seen by every later call, on whichever host.
 *
 * Revisions are etcd's own. The epoch names the cluster as etcd does (a backup that is restored becomes another one) and what
 * was written when the store was first opened.
 */
import { randomUUID } from "node:crypto";
import { EventEmitter } from "node:events";
import type { EtcdTls } from "#base/etcd-connection";
import { EtcdEndpoints, type EtcdEndpointsOptions, type EtcdHeader } from "#base/etcd-endpoints";
import { saveEtcdSnapshot } from "#base/etcd-snapshot";
import { newId } from "#base/ids";
import { hasCode, LodgeError } from "#contract/errors";
import { checkKey, checkPrefix, decodeItem, encodeTransaction } from "./encode.ts";
import { EtcdClient } from "./etcd-client.ts";
import { isRefusal } from "#base/etcd-errors";
import { EtcdLayout, fromBase64, type RangeAnswer, revisionOf, toBase64 } from "./etcd-layout.ts";
import { grantLease, keepAlive, revokeLease } from "./etcd-lease.ts";
import { listRecords } from "./etcd-list.ts";
import { EtcdTransactions, ownOperations } from "./etcd-transaction.ts";
import { EtcdWatch } from "./etcd-watch.ts";
import { maxOperations } from "./store.ts";
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

export interface EtcdStoreOptions {
  /** The members' addresses for clients, the one to be preferred first: "https://localhost:2379". */
  readonly endpoints: readonly string[];
  readonly tls?: EtcdTls;
  /** Before all keys. Default "lodge". */
  readonly prefix?: string;
  /** Who opens it. Of two that open it by one name the later shuts out the earlier. Default: a name of its own. */
  readonly name?: string;
  /** Revisions kept for watches that resume. Default 100,000; 0: whoever runs this etcd compacts it. */
  readonly history?: number;
}

/** Does a majority of those that keep the store answer, as far as that is known? */
export interface Quorum {
  /** When one was heard last, in milliseconds since the epoch; undefined: there is one. */
  readonly lostSince: number | undefined;
  /** Calls back when it is lost, and when it is there again. */
  onChange(listener: () => void): void;
}

/** A store that can be told of other members, and of new certificates. */
export interface EtcdStore extends Store {
  readonly quorum: Quorum;
  reconnect(options: EtcdEndpointsOptions): void;
}

/** @throws LodgeError store.unavailable: no quorum answers, or this etcd allows too small transactions. */
export async function openEtcdStore(options: EtcdStoreOptions): Promise<EtcdStore> {
  const changes = new EventEmitter();
  const endpoints = new EtcdEndpoints(options, () => changes.emit("change"));
  const client = new EtcdClient(endpoints);
  const quorum: Quorum = {
    get lostSince() {
      return endpoints.isLost ? endpoints.heardAt : undefined;
    },
    onChange: (listener) => void changes.on("change", listener),
  };
  const layout = new EtcdLayout(options.prefix ?? "lodge");
  const name = options.name ?? newId("c");
  try {
    await checkLimits(client, layout);
    const epoch = await readEpoch(client, layout);
    const opened = await openSession(client, layout, name);
    const transactions = new EtcdTransactions(client, layout, name, opened);
    const history = options.history ?? 100_000;
    return new OpenEtcdStore({ client, layout, transactions, epoch, history, quorum });
  } catch (error) {
    client.endpoints.close();
    throw error;
  }
}

interface TxnAnswer {
  readonly header: EtcdHeader;
  readonly succeeded?: boolean;
  readonly responses?: readonly { readonly response_range?: RangeAnswer }[];
}

/** An etcd of somebody else's has limits of his: that they are too low is said now, and not by the first large transaction. */
async function checkLimits(client: EtcdClient, layout: EtcdLayout): Promise<void> {
  const never = { key: layout.epoch, target: "VERSION", result: "LESS", version: "0" };
  const needed = maxOperations + ownOperations;
  try {
    await client.ask("/v3/kv/txn", { compare: Array.from({ length: needed }, () => never) });
  } catch (error) {
    if (!isRefusal(error, "tooMany")) throw error;
    const reason = `it allows transactions of fewer than ${needed} operations: start it with --max-txn-ops=256`;
    const path = `etcd (${client.endpoints.names})`;
    throw new LodgeError("store.unavailable", { path, reason }, { cause: error });
  }
}

async function readEpoch(client: EtcdClient, layout: EtcdLayout): Promise<string> {
  const key = layout.epoch;
  const answer = await client.ask<TxnAnswer>("/v3/kv/txn", {
    compare: [{ key, target: "CREATE", result: "EQUAL", create_revision: "0" }],
    success: [{ request_put: { key, value: toBase64(newId("e")) } }, { request_range: { key } }],
    failure: [{ request_range: { key } }],
  });
  const found = answer.responses?.at(-1)?.response_range?.kvs?.[0]?.value ?? "";
  return `${fromBase64(found)}-${BigInt(answer.header.cluster_id).toString(36)}`;
}

/** Says who has the store open by this name from now on; the revision of that. Asked twice, it is said once. */
async function openSession(client: EtcdClient, layout: EtcdLayout, name: string): Promise<number> {
  const key = layout.client(name);
  const value = toBase64(randomUUID());
  const answer = await client.ask<TxnAnswer>("/v3/kv/txn", {
    compare: [{ key, target: "VALUE", result: "EQUAL", value }],
    success: [{ request_range: { key } }],
    failure: [{ request_put: { key, value } }, { request_delete_range: layout.marks(name) }],
  });
  const found = answer.responses?.[0]?.response_range?.kvs?.[0];
  return found ? Number(found.mod_revision) : revisionOf(answer.header);
}

interface OpenParts {
  readonly client: EtcdClient;
  readonly layout: EtcdLayout;
  readonly transactions: EtcdTransactions;
  readonly epoch: string;
  readonly history: number;
  readonly quorum: Quorum;
}

class OpenEtcdStore implements EtcdStore {
  readonly quorum: Quorum;
  readonly #client: EtcdClient;
  readonly #layout: EtcdLayout;
  readonly #transactions: EtcdTransactions;
  readonly #epoch: string;
  readonly #history: number;
  readonly #closed = new AbortController();
  /** Watches that are being given the revision from which they tell: what is written after them waits for that. */
  readonly #beginning = new Set<Promise<unknown>>();

  constructor({ client, layout, transactions, epoch, history, quorum }: OpenParts) {
    this.quorum = quorum;
    this.#client = client;
    this.#layout = layout;
    this.#transactions = transactions;
    this.#epoch = epoch;
    this.#history = history;
  }

  reconnect(options: EtcdEndpointsOptions): void {
    this.#client.endpoints.change(options);
  }

  async get(key: string): Promise<Item | undefined> {
    checkKey(key);
    await this.#transactions.settled();
    const answer = await this.#client.ask<RangeAnswer>("/v3/kv/range", { key: this.#layout.record(key) });
    const found = answer.kvs?.[0];
    return found && decodeItem(this.#layout.itemOf(found));
  }

  async list(prefix: string, options: ListOptions = {}): Promise<Listing> {
    checkPrefix(prefix);
    await this.#transactions.settled();
    const { items, number, more } = await listRecords(this.#client, this.#layout, prefix, options);
    return { items, revision: this.#revision(number), more };
  }

  async transact(transaction: Transaction): Promise<Revision> {
    const encoded = encodeTransaction(transaction);
    await this.#begun();
    const number = await this.#transactions.transact(encoded);
    await this.#forget(number);
    return this.#revision(number);
  }

  watch(prefix: string, { from, signal }: WatchOptions): AsyncIterable<WatchBatch> {
    checkPrefix(prefix);
    const pinned = from ? this.#checkFrom(from) : this.#now();
    // Whoever never reads the watch does not hear that it could not begin.
    pinned.catch(() => undefined);
    const either = AbortSignal.any([signal, this.#closed.signal]);
    return new EtcdWatch(this.#client, this.#layout, prefix, either).batches(pinned);
  }

  grantLease(seconds: number): Promise<string> {
    return grantLease(this.#client, seconds);
  }

  keepAlive(lease: string): Promise<void> {
    return keepAlive(this.#client, lease);
  }

  async revokeLease(lease: string): Promise<void> {
    await this.#begun();
    await revokeLease(this.#client, lease);
  }

  async backup(path: string): Promise<void> {
    try {
      await this.#transactions.settled();
      await saveEtcdSnapshot(this.#client.endpoints, path);
    } catch (error) {
      throw this.#client.failure(error);
    }
  }

  async compact(before: number): Promise<void> {
    try {
      await this.#client.ask("/v3/kv/compaction", { revision: String(before) });
    } catch (error) {
      if (isRefusal(error, "compacted")) return;
      if (!isRefusal(error, "future")) throw error;
      await this.compact((await this.#now()).number);
    }
  }

  async close(): Promise<void> {
    if (this.#closed.signal.aborted) return;
    this.#closed.abort();
    await this.#transactions.close();
    this.#client.endpoints.close();
  }

  /** Waits for watches that are being given their beginning, such that they tell what is written next. */
  async #begun(): Promise<void> {
    if (this.#beginning.size > 0) await Promise.allSettled(this.#beginning);
  }

  /** The revision that a quorum knows. */
  #now(): Promise<Revision> {
    const asked = this.#client
      .ask<RangeAnswer>("/v3/kv/range", { key: this.#layout.epoch })
      .then(({ header }) => this.#revision(revisionOf(header)))
      .finally(() => this.#beginning.delete(asked));
    this.#beginning.add(asked);
    return asked;
  }

  async #checkFrom(from: Revision): Promise<Revision> {
    const ours = from.epoch === this.#epoch && from.number > 0;
    if (!ours) throw new LodgeError("store.compacted", { revision: from.number });
    return from;
  }

  /**
   * Compacts now and then. Each revision is one client's, so whoever got a round one does it, and nobody else.
   * Where that fails, the next one does.
   */
  async #forget(number: number): Promise<void> {
    if (this.#history === 0 || number % Math.max(1, Math.floor(this.#history / 10)) > 0) return;
    if (number <= this.#history) return;
    await this.compact(number - this.#history).catch((error: unknown) => {
      if (!hasCode(error, "store.unavailable")) throw error;
    });
  }

  #revision(number: number): Revision {
    return { epoch: this.#epoch, number };
  }
}
