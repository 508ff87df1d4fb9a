import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, it } from "node:test";
import { systemClock } from "#base/clock";
import { silentLog } from "#base/log";
import { MemoryStore } from "#durable/store/memory";
import { EventLog } from "../host/events.ts";
import { spreadEvents } from "./spread-events.ts";

let folder: string;
let store: MemoryStore;
let ending: AbortController;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lodge-spread-"));
  store = new MemoryStore();
  ending = new AbortController();
});
afterEach(async () => {
  ending.abort();
  await store.close();
  await rm(folder, { recursive: true });
});

function logOf(host: string): EventLog {
  const events = new EventLog(join(folder, host), systemClock, host);
  spreadEvents({ store, host, events, clock: systemClock, log: silentLog }, ending.signal);
  return events;
}

const told = (events: EventLog) => events.all().map(({ host, message }) => `${host}: ${message}`);

/** Resolves with the next event that a log takes. */
const next = (events: EventLog) =>
  new Promise<void>((resolve) => {
    const end = events.listen(() => {
      end();
      resolve();
    });
  });

it("what happens on one host is in the logs of all, and whose it is", async () => {
  const [one, other] = [logOf("one"), logOf("other")];
  const heard = next(other);
  one.append({ kind: "guest.created", message: "a guest was made" });
  await heard;
  assert.deepEqual(told(other), ["one: a guest was made"]);
  assert.deepEqual(
    other.all().map((event) => other.isOwn(event)),
    [false],
  );
  const back = next(one);
  other.append({ kind: "guest.removed", message: "it is gone" });
  await back;
  assert.deepEqual(told(one), ["one: a guest was made", "other: it is gone"]);
  assert.deepEqual(
    one.all().map(({ id }) => Number(id)),
    [1, 2],
  );
});

it("is taken once, also by a daemon that comes anew", async () => {
  const [one, other] = [logOf("one"), logOf("other")];
  const heard = next(other);
  one.append({ kind: "a.b", message: "first" });
  await heard;
  ending.abort();
  ending = new AbortController();
  const again = logOf("other");
  assert.deepEqual(told(again), ["one: first"]);
  const second = next(again);
  logOf("third").append({ kind: "a.b", message: "second" });
  await second;
  assert.deepEqual(told(again), ["one: first", "third: second"]);
});
