import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { systemClock } from "#base/clock";
import { EventLog } from "./events.ts";

it("events that the disk had no room for are told at once, and written when it has", async () => {
  const folder = await mkdtemp(join(tmpdir(), "lodge-events-"));
  try {
    const file = join(folder, "events.jsonl");
    const log = new EventLog(file, systemClock);
    await symlink("/dev/full", file);
    const told: string[] = [];
    log.listen(({ message }) => void told.push(message));
    for (const message of ["one", "two"]) log.append({ kind: "test.full", message });
    assert.deepEqual(
      log.all().map(({ message }) => message),
      ["one", "two"],
    );
    await rm(file);
    log.append({ kind: "test.full", message: "three" });
    assert.deepEqual(told, ["one", "two", "three"]);
    const again = new EventLog(file, systemClock).all().map(({ message }) => message);
    assert.deepEqual(again, ["one", "two", "three"], await readFile(file, "utf8"));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

it("a file that is too long stays whole until there is the one that is cut back", async () => {
  const folder = await mkdtemp(join(tmpdir(), "lodge-events-"));
  try {
    const file = join(folder, "events.jsonl");
    const line = (at: number) =>
      `{"id":"${String(at).padStart(12, "0")}","kind":"test.one","message":"${at}"}\n`;
    await writeFile(file, Array.from({ length: 10_000 }, (_, at) => line(at + 1)).join(""));
    const log = new EventLog(file, systemClock);
    // Nothing can be written beside it.
    await mkdir(`${file}.new`);
    log.append({ kind: "test.one", message: "last" });
    const lines = async () => (await readFile(file, "utf8")).trim().split("\n");
    assert.equal((await lines()).length, 10_001);
    await rm(`${file}.new`, { recursive: true });
    log.append({ kind: "test.one", message: "very last" });
    assert.equal((await lines()).length, 5_000);
    assert.match((await lines()).at(-1)!, /very last/);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
