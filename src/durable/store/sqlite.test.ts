import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { hasCode } from "#contract/errors";
import { storeConformance } from "./conformance.ts";
import { ManualClock } from "./manual-clock.ts";
import { openSqliteStore } from "./sqlite.ts";
import { put } from "./update.ts";

let folder = "";
let stores = 0;
before(async () => void (folder = await mkdtemp(join(tmpdir(), "lodge-sqlite-"))));
after(() => rm(folder, { recursive: true, force: true }));

const newPath = () => join(folder, `${++stores}.db`);

storeConformance("the SQLite store", {
  make: (options) => openSqliteStore(newPath(), options),
  restore: (path) => openSqliteStore(path),
});

describe("the SQLite store's file", () => {
  test("what was put is there when it is opened again, and history goes on", async () => {
    const path = newPath();
    const first = await openSqliteStore(path);
    const revision = await put(first, "k", 1);
    await put(first, "k", 2);
    await first.close();
    const second = await openSqliteStore(path);
    assert.equal((await second.get("k"))?.value, 2);
    assert.equal((await second.list("")).revision.epoch, revision.epoch);
    for await (const batch of second.watch("", { from: revision, signal: new AbortController().signal })) {
      assert.deepEqual(batch.events, [{ type: "put", key: "k", value: 2, previous: 1 }]);
      break;
    }
    assert.equal((await put(second, "k", 3)).number, revision.number + 2);
    await second.close();
  });

  test("only its owner may read it or what lies beside it", async () => {
    const path = newPath();
    const store = await openSqliteStore(path);
    await put(store, "k", 1);
    for (const name of (await readdir(folder)).filter((name) => join(folder, name).startsWith(path))) {
      assert.equal((await stat(join(folder, name))).mode & 0o077, 0, name);
    }
    await store.close();
  });

  test("a lease lives on through a restart, for its whole time", async () => {
    const path = newPath();
    const first = await openSqliteStore(path, { clock: new ManualClock() });
    const lease = await first.grantLease(10);
    await first.transact({ put: [{ key: "k", value: 1, lease }] });
    await first.close();
    const clock = new ManualClock();
    const second = await openSqliteStore(path, { clock });
    clock.advance(9_000);
    await second.keepAlive(lease);
    clock.advance(9_000);
    assert.ok(await second.get("k"));
    const deleted = second
      .watch("k", { signal: new AbortController().signal })
      [Symbol.asyncIterator]()
      .next();
    clock.advance(1_000);
    assert.equal((await deleted).value?.events[0]?.type, "delete");
    await second.close();
  });

  test("a second opening of the same file is refused", async () => {
    const path = newPath();
    const store = await openSqliteStore(path);
    await assert.rejects(openSqliteStore(path), (error) => hasCode(error, "store.unavailable"));
    await put(store, "k", 1);
    await store.close();
  });
});

describe("a file that is no store is refused and left as it is", () => {
  const refused = async (path: string, reason: RegExp) => {
    await assert.rejects(
      openSqliteStore(path),
      (error) => hasCode(error, "store.unavailable") && reason.test(error.message),
    );
  };

  test("text", async () => {
    const path = newPath();
    await writeFile(path, "this is not a database, whatever its name may say\n".repeat(100));
    await refused(path, /not a database/);
    assert.equal((await stat(path)).size, 5_000);
  });

  test("a damaged store", async () => {
    const path = newPath();
    const store = await openSqliteStore(path);
    for (let i = 0; i < 200; i++) await put(store, `k/${i}`, "x".repeat(500));
    await store.close();
    await truncate(path, Math.floor((await stat(path)).size / 2));
    await refused(path, /damaged/);
  });

  test("a folder", () => refused(folder, /cannot be opened/));

  test("a path that does not exist", () => refused(join(folder, "no", "such", "folder.db"), /no such file/));
});
