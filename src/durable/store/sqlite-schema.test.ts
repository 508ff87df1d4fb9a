import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, describe, test } from "node:test";
import { hasCode } from "#contract/errors";
import { openDatabase } from "./sqlite-schema.ts";

const folder = mkdtempSync(join(tmpdir(), "lodge-schema-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const first = `
  CREATE TABLE meta (id INTEGER PRIMARY KEY, epoch TEXT NOT NULL, revision INTEGER NOT NULL, floor INTEGER NOT NULL);
  INSERT INTO meta VALUES (1, '', 0, 0);
  CREATE TABLE things (name TEXT)`;
const second = "ALTER TABLE things ADD COLUMN colour TEXT DEFAULT 'red'";

const userVersion = (db: DatabaseSync) => db.prepare("PRAGMA user_version").get()?.["user_version"];
const epoch = (db: DatabaseSync) => db.prepare("SELECT epoch FROM meta").get()?.["epoch"];

function makeOld(name: string): { path: string; epoch: unknown } {
  const path = join(folder, name);
  const db = openDatabase(path, [first]);
  db.exec("INSERT INTO things VALUES ('chair')");
  const old = epoch(db);
  db.close();
  return { path, epoch: old };
}

describe("migration", () => {
  test("an older schema is copied, then brought up to date with its content", () => {
    const { path, epoch: oldEpoch } = makeOld("old.db");
    const db = openDatabase(path, [first, second]);
    assert.deepEqual({ ...db.prepare("SELECT * FROM things").get() }, { name: "chair", colour: "red" });
    assert.equal(userVersion(db), 2);
    assert.equal(epoch(db), oldEpoch);
    db.close();

    const copy = openDatabase(`${path}.bak-1`, [first]);
    assert.deepEqual({ ...copy.prepare("SELECT * FROM things").get() }, { name: "chair" });
    assert.notEqual(epoch(copy), oldEpoch);
    copy.close();
  });

  test("a new file needs no copy", () => {
    const path = join(folder, "new.db");
    openDatabase(path, [first, second]).close();
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith("new.db")),
      ["new.db"],
    );
  });

  test("what is committed is flushed to the disk each time", () => {
    const db = openDatabase(join(folder, "flushed.db"));
    assert.equal(db.prepare("PRAGMA journal_mode").get()?.["journal_mode"], "wal");
    assert.equal(db.prepare("PRAGMA synchronous").get()?.["synchronous"], 2);
    db.close();
  });

  test("a migration that fails leaves the old schema", () => {
    const { path } = makeOld("fails.db");
    assert.throws(
      () => openDatabase(path, [first, `${second}; SELECT nonsense`]),
      (error) => hasCode(error, "store.unavailable"),
    );
    const db = openDatabase(path, [first]);
    assert.deepEqual({ ...db.prepare("SELECT * FROM things").get() }, { name: "chair" });
    db.close();
  });

  test("a newer schema is refused", () => {
    const path = join(folder, "newer.db");
    openDatabase(path, [first, second]).close();
    assert.throws(
      () => openDatabase(path, [first]),
      (error) => hasCode(error, "store.newer") && error.params["found"] === 2,
    );
    const db = openDatabase(path, [first, second]);
    assert.equal(userVersion(db), 2);
    db.close();
  });

  test("another program's database is refused", () => {
    const path = join(folder, "foreign.db");
    const foreign = new DatabaseSync(path);
    foreign.exec("CREATE TABLE browser_history (url TEXT)");
    foreign.close();
    assert.throws(
      () => openDatabase(path),
      (error) => hasCode(error, "store.unavailable") && /not Lodge's/.test(error.message),
    );
  });
});
