/** What the store's calls do to the database. Synchronous: it lives in the worker. */
import { existsSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { LodgeError } from "#contract/errors";
import { endOfPrefix } from "./encode.ts";
import type { EncodedItem, EncodedTransaction } from "./encode.ts";
import type { Calls, EncodedListing, History, OpenData, Opened } from "./sqlite-protocol.ts";
import { copyDatabase, openDatabase } from "./sqlite-schema.ts";
import type { EncodedBatch, EncodedEvent } from "./watch-hub.ts";

interface Meta {
  epoch: string;
  revision: number;
  floor: number;
}

const itemColumns = "key, value AS json, revision, created, lease";

function prepare(db: DatabaseSync) {
  return {
    begin: db.prepare("BEGIN IMMEDIATE"),
    commit: db.prepare("COMMIT"),
    rollback: db.prepare("ROLLBACK"),
    meta: db.prepare("SELECT epoch, revision, floor FROM meta"),
    setMeta: db.prepare("UPDATE meta SET revision = ?, floor = ?"),
    get: db.prepare(
      `SELECT ${itemColumns} FROM versions WHERE key = ? AND until IS NULL AND value IS NOT NULL`,
    ),
    list: db.prepare(
      `SELECT ${itemColumns} FROM versions
       WHERE key >= ? AND key < ? AND key > ? AND until IS NULL AND value IS NOT NULL ORDER BY key LIMIT ?`,
    ),
    replace: db.prepare("UPDATE versions SET until = ? WHERE key = ? AND until IS NULL"),
    insert: db.prepare("INSERT INTO versions (key, revision, created, lease, value) VALUES (?, ?, ?, ?, ?)"),
    history: db.prepare(
      `SELECT key, revision, value AS json,
         (SELECT value FROM versions old WHERE old.until = versions.revision AND old.key = versions.key) AS previous
       FROM versions WHERE revision > ? AND key >= ? AND key < ? ORDER BY sequence`,
    ),
    leases: db.prepare("SELECT id, seconds FROM leases"),
    lease: db.prepare("SELECT 1 FROM leases WHERE id = ?"),
    grant: db.prepare("INSERT INTO leases (id, seconds) VALUES (?, ?)"),
    dropLease: db.prepare("DELETE FROM leases WHERE id = ?"),
    leased: db.prepare("SELECT key FROM versions WHERE lease = ? AND until IS NULL AND value IS NOT NULL"),
    forgetReplaced: db.prepare("DELETE FROM versions WHERE until <= ?"),
    forgetDeleted: db.prepare("DELETE FROM versions WHERE value IS NULL AND revision <= ?"),
  };
}

export class SqliteDatabase implements Calls {
  readonly #db: DatabaseSync;
  readonly #sql: ReturnType<typeof prepare>;
  readonly #historyLimit: number;
  #meta: Meta;
  #batches: EncodedBatch[] = [];

  constructor({ path, history }: OpenData) {
    this.#db = openDatabase(path);
    this.#sql = prepare(this.#db);
    this.#historyLimit = history;
    this.#meta = this.#sql.meta.get() as unknown as Meta;
  }

  /** Begins a group: what the calls until `commit` change becomes durable at once, or not at all. */
  begin(): void {
    this.#sql.begin.run();
  }

  /** Makes the group durable and returns what it changed. */
  commit(): readonly EncodedBatch[] {
    const spare = this.#historyLimit / 10;
    if (this.#meta.revision - this.#meta.floor > this.#historyLimit + spare) {
      this.compact(this.#meta.revision - this.#historyLimit);
    }
    this.#sql.commit.run();
    const batches = this.#batches;
    this.#batches = [];
    return batches;
  }

  /** Takes back the group, also where SQLite has already done so. */
  rollback(): void {
    if (this.#db.isTransaction) this.#sql.rollback.run();
    this.#meta = this.#sql.meta.get() as unknown as Meta;
    this.#batches = [];
  }

  open(): Opened {
    return { epoch: this.#meta.epoch, leases: this.#sql.leases.all() as unknown as Opened["leases"] };
  }

  get(key: string): EncodedItem | undefined {
    return this.#sql.get.get(key) as unknown as EncodedItem | undefined;
  }

  list(prefix: string, after: string, limit: number): EncodedListing {
    const rows = this.#sql.list.all(prefix, endOfPrefix(prefix), after, limit + 1);
    const items = rows.slice(0, limit) as unknown as EncodedItem[];
    return { items, number: this.#meta.revision, more: rows.length > limit };
  }

  transact(transaction: EncodedTransaction): number {
    for (const { key, revision } of transaction.compare) {
      if ((this.get(key)?.revision ?? "absent") !== revision) throw new LodgeError("store.conflict", { key });
    }
    for (const { lease } of transaction.put) {
      if (lease !== null && !this.#sql.lease.get(lease)) throw new LodgeError("store.lease_lost", { lease });
    }
    return this.#apply(transaction);
  }

  history(prefix: string, from: number | null): History {
    const { revision: number, floor } = this.#meta;
    const after = from ?? number;
    if (after < floor || after > number) throw new LodgeError("store.compacted", { revision: after });
    const batches: { number: number; events: EncodedEvent[] }[] = [];
    const rows = after === number ? [] : this.#sql.history.all(after, prefix, endOfPrefix(prefix));
    for (const row of rows as unknown as (EncodedEvent & { revision: number })[]) {
      const event = { key: row.key, json: row.json, previous: row.previous };
      const last = batches.at(-1);
      if (last?.number === row.revision) last.events.push(event);
      else batches.push({ number: row.revision, events: [event] });
    }
    return { number, batches };
  }

  grantLease(id: string, seconds: number): void {
    this.#sql.grant.run(id, seconds);
  }

  endLease(id: string): void {
    this.#sql.dropLease.run(id);
    const keys = (this.#sql.leased.all(id) as unknown as { key: string }[]).map((row) => row.key);
    this.#apply({ compare: [], put: [], delete: keys });
  }

  backup(path: string): void {
    if (existsSync(path))
      throw new LodgeError("store.unavailable", { path, reason: "the file exists already" });
    copyDatabase(this.#db, path);
  }

  compact(before: number): void {
    const floor = Math.min(before, this.#meta.revision);
    if (floor <= this.#meta.floor) return;
    this.#sql.forgetReplaced.run(floor);
    this.#sql.forgetDeleted.run(floor);
    this.#setMeta(this.#meta.revision, floor);
  }

  close(): void {
    this.#db.close();
  }

  #setMeta(revision: number, floor: number): void {
    this.#sql.setMeta.run(revision, floor);
    this.#meta = { ...this.#meta, revision, floor };
  }

  #apply(transaction: EncodedTransaction): number {
    const number = this.#meta.revision + 1;
    const events: EncodedEvent[] = [];
    for (const key of transaction.delete) {
      const previous = this.get(key);
      if (!previous) continue;
      this.#sql.replace.run(number, key);
      this.#sql.insert.run(key, number, number, null, null);
      events.push({ key, json: null, previous: previous.json });
    }
    for (const { key, json, lease } of transaction.put) {
      const previous = this.get(key);
      this.#sql.replace.run(number, key);
      this.#sql.insert.run(key, number, previous?.created ?? number, lease, json);
      events.push({ key, json, previous: previous?.json ?? null });
    }
    if (events.length === 0) return this.#meta.revision;
    this.#setMeta(number, this.#meta.floor);
    this.#batches.push({ number, events });
    return number;
  }
}
