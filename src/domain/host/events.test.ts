import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, symlink } from "node:fs/promises";
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
    const leaving = new AbortController();
    const told: string[] = [];
    const following = (async () => {
      for await (const { message } of log.stream(undefined, leaving.signal)) told.push(message);
    })();
    for (const message of ["one", "two"]) log.append({ kind: "test.full", message });
    assert.deepEqual(
      log.last(5).map(({ message }) => message),
      ["one", "two"],
    );
    await rm(file);
    log.append({ kind: "test.full", message: "three" });
    const { length } = log.last(5);
    while (told.length < length) await new Promise((resolve) => setImmediate(resolve));
    leaving.abort();
    await following;
    assert.deepEqual(told, ["one", "two", "three"]);
    const again = new EventLog(file, systemClock).last(5).map(({ message }) => message);
    assert.deepEqual(again, ["one", "two", "three"], await readFile(file, "utf8"));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
