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
