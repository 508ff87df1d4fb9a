/**
 * Opens the database file and brings it to the schema this Lodge knows.
 *
 * `PRAGMA user_version` counts the migrations a file has seen. One that has seen fewer is first copied
 * to `<file>.bak-<version>`, then migrated in one transaction; one that has seen more is refused.
 */
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { newId } from "#base/ids";
import { LodgeError } from "#contract/errors";

/** "LODG": tells a store from any other SQLite file. */
const applicationId = 0x4c4f4447;

/**
 * One entry for each schema there ever was; never change one that was released.
 *
 * `versions` holds the current and the past values of every key. `until` is the revision that replaced a
 * value (null: it is current), a null `value` says that the key was deleted. What `meta.floor` is for:
 * values replaced at or before that revision are gone.
 */
const migrations: readonly string[] = [
  `CREATE TABLE meta (
     id INTEGER PRIMARY KEY CHECK (id = 1),
     epoch TEXT NOT NULL,
     revision INTEGER NOT NULL,
     floor INTEGER NOT NULL
   ) STRICT;
   CREATE TABLE versions (
     sequence INTEGER PRIMARY KEY,
     key TEXT NOT NULL,
     revision INTEGER NOT NULL,
     created INTEGER NOT NULL,
     until INTEGER,
     lease TEXT,
     value TEXT
   ) STRICT;
   CREATE UNIQUE INDEX versions_current ON versions (key) WHERE until IS NULL;
   CREATE INDEX versions_revision ON versions (revision);
   CREATE INDEX versions_replaced ON versions (until, key) WHERE until IS NOT NULL;
   CREATE INDEX versions_lease ON versions (lease) WHERE lease IS NOT NULL AND until IS NULL;
   CREATE INDEX versions_deleted ON versions (revision) WHERE value IS NULL;
   CREATE TABLE leases (
     id TEXT PRIMARY KEY,
     seconds REAL NOT NULL
   ) STRICT, WITHOUT ROWID;
   INSERT INTO meta (id, epoch, revision, floor) VALUES (1, '', 0, 0);`,
];

/** The schema of the stores that this Lodge writes. */
export const knownSchema = migrations.length;

/** SQLite's result codes (sqlite.org/rescode.html) that mean something to a user. */
const full = 13;
const reasons: Readonly<Record<number, string>> = {
  5: "another process has it open",
  8: "it may not be written",
  10: "the disk reports an error",
  11: "the file is damaged",
  14: "the file cannot be opened",
  26: "it is not a database",
};

/** A failure of SQLite or the file system, in the catalogue's words. */
export function storeError(error: unknown, path: string): LodgeError {
  if (error instanceof LodgeError) return error;
  const { errcode, code, message } = error as { errcode?: number; code?: string; message?: string };
  const primary = (errcode ?? 0) & 0xff;
  const options = { cause: error, detail: message };
  if (primary === full || code === "ENOSPC") return new LodgeError("host.no_space", { path }, options);
  const reason = reasons[primary] ?? message ?? String(error);
  return new LodgeError("store.unavailable", { path, reason }, options);
}

const pragma = (db: DatabaseSync, name: string): number =>
  Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0] as number;

/**
 * Copies the whole database. The copy gets an epoch of its own: a store that goes on from it counts its
 * revisions again, and whoever remembers the first one's must not take them for the same.
 */
export function copyDatabase(db: DatabaseSync, path: string): void {
  const partial = `${path}.partial`;
  rmSync(partial, { force: true });
  closeSync(openSync(partial, "ax", 0o600));
  db.prepare("VACUUM INTO ?").run(partial);
  const copy = new DatabaseSync(partial);
  try {
    copy.prepare("UPDATE meta SET epoch = ?, floor = revision").run(newId("e"));
  } finally {
    copy.close();
  }
  syncFile(partial);
  renameSync(partial, path);
  syncFile(dirname(path));
}

function syncFile(path: string): void {
  const file = openSync(path, "r");
  fsyncSync(file);
  closeSync(file);
}

function migrate(db: DatabaseSync, path: string, steps: readonly string[]): void {
  const found = pragma(db, "user_version");
  const known = steps.length;
  if (found > known) throw new LodgeError("store.newer", { path, found, known });
  if (found === known) return;
  if (found > 0) copyDatabase(db, `${path}.bak-${found}`);
  db.exec("BEGIN IMMEDIATE");
  for (const step of steps.slice(found)) db.exec(step);
  db.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${known}`);
  db.prepare("UPDATE meta SET epoch = ? WHERE epoch = ''").run(newId("e"));
  db.exec("COMMIT");
}

/** Refuses a file that is damaged or somebody else's before anything is written to it. */
function check(db: DatabaseSync, path: string): void {
  const foreign = pragma(db, "application_id") !== applicationId && pragma(db, "schema_version") !== 0;
  if (foreign)
    throw new LodgeError("store.unavailable", { path, reason: "it is a database, but not Lodge's" });
  const result = String(pragma(db, "quick_check(1)"));
  if (result !== "ok") {
    throw new LodgeError("store.unavailable", { path, reason: "the file is damaged" }, { detail: result });
  }
}

/**
 * Opens or creates the database, for this process alone and readable by its owner alone.
 *
 * @throws LodgeError store.unavailable, store.newer, host.no_space.
 */
export function openDatabase(path: string, steps: readonly string[] = migrations): DatabaseSync {
  let db: DatabaseSync | undefined;
  try {
    if (!existsSync(path)) closeSync(openSync(path, "ax", 0o600));
    db = new DatabaseSync(path);
    db.exec("PRAGMA locking_mode = EXCLUSIVE");
    check(db, path);
    db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    migrate(db, path, steps);
    return db;
  } catch (error) {
    db?.close();
    throw storeError(error, path);
  }
}
