import assert from "node:assert/strict";
import { once, EventEmitter } from "node:events";
import { afterEach, beforeEach, it } from "node:test";
import { silentLog } from "#base/log";
import { ManualClock } from "#durable/store/manual-clock";
import { MemoryStore } from "#durable/store/memory";
import { beatKey, memberKey, type MemberRecord } from "./record.ts";
import { Members } from "./members.ts";

const member = (id: string, joinedAt: number): MemberRecord => ({
  id,
  name: `name-${id}`,
  address: "127.0.0.1:8470",
  version: "1",
  wire: 1,
  state: "active",
  joinedAt,
  certificates: [],
});

let store: MemoryStore;
let members: Members;
const clock = new ManualClock();
const ended = new AbortController();
const told = new EventEmitter();
beforeEach(async () => {
  store = new MemoryStore();
  await store.transact({ put: [{ key: memberKey("h2"), value: member("h2", 1) }] });
  members = new Members({ store, clock, log: silentLog });
  await members.open();
  members.onChange(() => told.emit("change"), ended.signal);
});
afterEach(async () => {
  members.close();
  await store.close();
});

it("knows all members once it is open, by id and by name", () => {
  assert.equal(members.find("name-h2")?.id, "h2");
  assert.equal(members.find("h2")?.id, "h2");
  assert.equal(members.get("name-h2"), undefined);
});

it("hears of one that came, and of one that was removed", async () => {
  const came = once(told, "change");
  await store.transact({ put: [{ key: memberKey("h1"), value: member("h1", 2) }] });
  await came;
  assert.deepEqual(
    members.all().map(({ id }) => id),
    ["h2", "h1"],
  );
  const went = once(told, "change");
  await store.transact({ delete: [memberKey("h2")] });
  await went;
  assert.equal(members.get("h2"), undefined);
});

it("has a beat only as long as its lease is kept", async () => {
  const lease = await store.grantLease(6);
  const came = once(told, "change");
  await store.transact({ put: [{ key: beatKey("h2"), value: { at: 1, startedAt: 1 }, lease }] });
  await came;
  assert.equal(members.beat("h2")?.at, 1);
  const went = once(told, "change");
  await store.revokeLease(lease);
  await went;
  assert.equal(members.beat("h2"), undefined);
});

it("knows since when a member does not answer, until it does again", async () => {
  const turn = async (change: Promise<unknown>) => {
    const changed = once(told, "change");
    await change;
    await changed;
  };
  // Nobody heard it yet: since when is not known.
  assert.equal(members.awaySince("h2"), undefined);
  const beat = { at: 1, startedAt: 1 };
  await turn(store.transact({ put: [{ key: beatKey("h2"), value: beat }] }));
  assert.equal(members.awaySince("h2"), undefined);
  await turn(store.transact({ delete: [beatKey("h2")] }));
  assert.equal(members.awaySince("h2"), clock.now());
  await turn(store.transact({ put: [{ key: beatKey("h2"), value: beat }] }));
  assert.equal(members.awaySince("h2"), undefined);
});
