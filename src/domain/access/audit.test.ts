import assert from "node:assert/strict";
import {
  appendFileSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { ManualClock } from "#durable/store/manual-clock";
import { AuditLog } from "./audit.ts";

let folder: string;
let clock: ManualClock;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), "lodge-audit-")), "audit");
  clock = new ManualClock();
});
afterEach(() => rmSync(join(folder, ".."), { recursive: true }));

const entry = (user: string, more: object = {}) => ({
  actor: "user" as const,
  user,
  action: "guestStart",
  path: "/v1/guests/web/start",
  target: "web",
  result: "done" as const,
  status: 202,
  ...more,
});

const users = async (log: AuditLog, query = {}) => (await log.list(query)).items.map(({ user }) => user);

test("entries are told newest first, in pages, by what they are about", async () => {
  const log = new AuditLog({ folder, clock });
  for (const user of ["anna", "bert", "carla"]) {
    log.append(entry(user));
    clock.advance(1000);
  }
  log.append(entry("anna", { result: "refused", status: 403, target: "db" }));
  assert.deepEqual(await users(log), ["anna", "carla", "bert", "anna"]);
  const { next: cursor = "" } = await log.list({ limit: 2 });
  assert.deepEqual(await users(log, { limit: 2, cursor }), ["bert", "anna"]);
  assert.equal((await log.list({ limit: 2, cursor })).next, undefined);
  assert.deepEqual(await users(log, { user: "anna", result: "done" }), ["anna"]);
  assert.deepEqual(await users(log, { target: "db" }), ["anna"]);
  const { at } = (await log.list({ user: "bert" })).items[0] ?? { at: "" };
  assert.deepEqual(await users(log, { since: at }), ["anna", "carla", "bert"]);
  assert.deepEqual(await users(log, { until: at }), ["anna"]);
  log.close();
});

test("where a file that is full cannot make way, entries go on into it", async () => {
  const options = { folder, clock, fileSize: 100, kept: 1 };
  const log = new AuditLog(options);
  // A folder is in the way of the file that is moved on.
  mkdirSync(join(folder, "audit.1.jsonl", "full"), { recursive: true });
  for (const user of ["anna", "bert"]) assert.throws(() => log.append(entry(user)), { code: "EISDIR" });
  assert.deepEqual(await users(log), ["bert", "anna"]);
  rmSync(join(folder, "audit.1.jsonl"), { recursive: true });
  log.append(entry("carla"));
  assert.deepEqual(await users(log), ["carla", "bert", "anna"]);
  assert.deepEqual(readdirSync(folder).toSorted(), ["audit.1.jsonl", "audit.jsonl"]);
  log.close();
});

test("a file that is full makes way for the next, the oldest goes, and ids go on over a restart", async () => {
  const options = { folder, clock, fileSize: 400, kept: 2 };
  let log = new AuditLog(options);
  for (let at = 0; at < 20; at++) {
    log.append(entry(`u${at}`));
    if (at % 3 !== 0) continue;
    log.close();
    log = new AuditLog(options);
  }
  assert.deepEqual(readdirSync(folder).sort(), ["audit.1.jsonl", "audit.2.jsonl", "audit.jsonl"]);
  const ids = (await log.list({})).items.map(({ id }) => Number(id));
  assert.ok(ids.length >= 4 && ids.length < 20);
  assert.deepEqual(
    ids,
    ids.map((_, at) => 20 - at),
  );
  assert.equal(statSync(join(folder, "audit.jsonl")).mode & 0o777, 0o600);
  log.close();
});

test("an entry that a crash cut short takes no other with it", async () => {
  const log = new AuditLog({ folder, clock });
  log.append(entry("anna"));
  log.close();
  appendFileSync(join(folder, "audit.jsonl"), '\n{"id":"000000000002","at":"20');
  const next = new AuditLog({ folder, clock });
  next.append(entry("bert"));
  assert.deepEqual(await users(next), ["bert", "anna"]);
  next.close();
});

test("what comes after the end is written nowhere, not to what has the file's number by then", () => {
  const log = new AuditLog({ folder, clock });
  log.append(entry("anna"));
  log.close();
  const other = join(folder, "other");
  const file = openSync(other, "w");
  try {
    assert.throws(() => log.append(entry("bert")));
    assert.equal(statSync(other).size, 0);
  } finally {
    closeSync(file);
  }
});
