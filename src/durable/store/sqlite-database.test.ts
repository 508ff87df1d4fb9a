import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, describe, test } from "node:test";
import { SqliteDatabase } from "./sqlite-database.ts";

const folder = mkdtempSync(join(tmpdir(), "lodge-database-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const putOf = (key: string, value: unknown) => ({
  compare: [],
  put: [{ key, json: JSON.stringify(value), lease: null }],
  delete: [],
});

function inGroup(database: SqliteDatabase, body: () => void) {
  database.begin();
  body();
  return database.commit();
}

describe("the database", () => {
  test("a group taken back leaves nothing, and the next goes on from before it", () => {
    const database = new SqliteDatabase({ path: join(folder, "rollback.db"), history: 100 });
    inGroup(database, () => database.transact(putOf("k", 1)));
    database.begin();
    assert.equal(database.transact(putOf("k", 2)), 2);
    database.rollback();
    const batches = inGroup(database, () => {
      assert.equal(database.get("k")?.json, "1");
      assert.equal(database.transact(putOf("k", 3)), 2);
      assert.equal(database.transact(putOf("k", 4)), 3);
    });
    assert.deepEqual(batches, [
      { number: 2, events: [{ key: "k", json: "3", previous: "1" }] },
      { number: 3, events: [{ key: "k", json: "4", previous: "3" }] },
    ]);
    database.close();
  });

  test("forgotten history takes no room, deleted keys least of all", () => {
    const path = join(folder, "compact.db");
    const database = new SqliteDatabase({ path, history: 1_000 });
    inGroup(database, () => {
      for (let i = 0; i < 50; i++) database.transact(putOf(`k/${i % 5}`, i));
      database.transact({ compare: [], put: [], delete: ["k/0", "k/1", "k/2"] });
      database.compact(51);
    });
    database.close();
    const db = new DatabaseSync(path);
    const rows = db.prepare("SELECT key FROM versions ORDER BY key").all();
    assert.deepEqual(
      rows.map((row) => row["key"]),
      ["k/3", "k/4"],
    );
    db.close();
  });
});
