import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { afterEach, beforeEach, describe, it } from "node:test";
import { silentLog } from "#base/log";
import { ManualClock } from "#durable/store/manual-clock";
import { MemoryStore } from "#durable/store/memory";
import { placeOf } from "#durable/store/partition";
import { guestKey } from "../../guest/record.ts";
import { guestRecord } from "../../../../test/fakes/guest-records.ts";
import { incarnationKey } from "../incarnation.ts";
import { Failover } from "./failover.ts";

const guest = { ...guestRecord(1), state: "running" as const, ha: { priority: 1 } };
const beatKey = (host: string) => `beats/${host}`;

let store: MemoryStore;
let clock: ManualClock;
let failover: Failover;
let beats: Set<string>;
let told: EventEmitter;
let back: string[];

const settled = () => new Promise((resolve) => setImmediate(resolve));
const isAt = async (host: string) => (await store.get(placeOf(host, guestKey(guest.id)))) !== undefined;

beforeEach(async () => {
  store = new MemoryStore();
  clock = new ManualClock();
  beats = new Set(["h1", "h2"]);
  told = new EventEmitter();
  back = [];
  await store.transact({
    put: [
      { key: incarnationKey("h1"), value: { since: 1, because: "joined" } },
      { key: placeOf("h1", guestKey(guest.id)), value: guest },
      { key: beatKey("h2"), value: {} },
    ],
  });
  failover = new Failover({
    store,
    host: "h2",
    now: () => clock.now(),
    events: { append: (event) => told.emit("event", event) },
    log: silentLog,
    beatKey,
    clock,
    members: {
      all: () => [
        { id: "h1", name: "one" },
        { id: "h2", name: "two" },
        { id: "h3", name: "witness", witness: true },
      ],
      beat: (id) => (beats.has(id) ? {} : undefined),
      onChange: (listener) => void told.on("change", listener),
    },
    refuse: async () => undefined,
    place: async () => "h2",
    nameOf: (host) => host,
    closeReplica: async () => ({ torn: false, tops: {}, layers: [] }),
    onBack: (host) => back.push(host),
  });
  failover.open();
});
afterEach(() => failover.close());

describe("a host whose beat is gone", () => {
  it("is taken over from after a moment, and no witness nor this host itself ever", async () => {
    beats.delete("h1");
    told.emit("change");
    await settled();
    assert.ok(await isAt("h1"), "it may come back by itself");
    const taken = once(told, "event");
    clock.advance(200);
    await taken;
    while (!(await isAt("h2"))) await settled();
    assert.ok(!(await isAt("h1")));
  });

  it("that has one again within that moment keeps what it has", async () => {
    beats.delete("h1");
    told.emit("change");
    beats.add("h1");
    clock.advance(200);
    await settled();
    assert.ok(await isAt("h1"));
    assert.deepEqual(back, ["h1"]);
  });
});
