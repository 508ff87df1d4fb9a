import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import fc from "fast-check";
import { systemClock } from "#base/clock";
import { silentLog } from "#base/log";
import type { Owner } from "#contract/access";
import { hasCode } from "#contract/errors";
import type { FeedFrame, FeedKind, Usage } from "#contract/schema/feed";
import { MemoryStore } from "#durable/store/memory";
import { put, remove } from "#durable/store/update";
import { Sight, wholeSight } from "../access/sight.ts";
import { firewallKey } from "../firewall/record.ts";
import { guestKey } from "../guest/record.ts";
import { snapshotKey } from "../guest/snapshot/record.ts";
import { EventLog } from "../host/events.ts";
import { templateKey } from "../template/record.ts";
import { progressKey, webhookKey } from "../webhook/record.ts";
import { Composed } from "./composed.ts";
import { Feed, type OpenFeed } from "./feed.ts";
import { formatPlace } from "./place.ts";
import { Views } from "./views.ts";

const record = (id: string, description = "") => ({
  id,
  name: id,
  project: "default",
  description,
  disks: [],
  nics: [],
  drives: [],
  origin: { image: "i", how: "boot" },
  state: "running",
});

let folder = "";
before(() => (folder = mkdtempSync(join(tmpdir(), "lodge-feed-"))));
after(() => rmSync(folder, { recursive: true }));

let logs = 0;

async function world(most?: number) {
  const store = new MemoryStore();
  const events = new EventLog(join(folder, `events-${logs++}`), systemClock);
  const views = new Views(store, events);
  await views.open();
  const listeners = new Set<(usage: Usage) => void>();
  const templates = new Map<string, unknown>();
  const webhooks = new Map<string, unknown>();
  const firewalls = new Map<string, unknown>();
  const composed = (read: () => ReadonlyMap<string, unknown>, owner: Owner = { project: "default" }) =>
    new Composed({
      read: async () => read(),
      owner: () => owner,
      clock: systemClock,
      log: silentLog,
    });
  const feed = new Feed({
    store,
    views,
    events,
    composed: {
      network: composed(() => new Map()),
      firewall: composed(() => firewalls),
      template: composed(() => templates),
      project: composed(() => new Map()),
      pool: composed(() => new Map()),
      volume: composed(() => new Map()),
      webhook: composed(() => webhooks, {}),
      host: composed(() => new Map(), {}),
      "desktop-pool": composed(() => new Map()),
      desktop: composed(() => new Map()),
    },
    shown: (json) => json,
    usage: {
      listen(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    ...(most === undefined ? {} : { most }),
  });
  return { store, events, views, feed, listeners, templates, webhooks, firewalls };
}

/** A reader that takes frames one piece at a time. */
class Taking {
  readonly opened: OpenFeed;
  readonly #stop: AbortController;
  readonly #frames: AsyncIterator<readonly { json: string }[]>;

  constructor(opened: OpenFeed, stop: AbortController) {
    this.opened = opened;
    this.#stop = stop;
    this.#frames = opened.frames[Symbol.asyncIterator]();
  }

  static async open(
    feed: Feed,
    kinds: readonly FeedKind[],
    query: { from?: string; after?: string; guest?: string; sight?: Sight } = {},
  ): Promise<Taking> {
    const stop = new AbortController();
    return new Taking(
      await feed.open({ kinds: new Set(kinds), sight: wholeSight(), ...query }, stop.signal),
      stop,
    );
  }

  async take(): Promise<FeedFrame[]> {
    const { value } = await this.#frames.next();
    return ((value ?? []) as { json: string }[]).map(({ json }) => JSON.parse(json) as FeedFrame);
  }

  leave(): void {
    this.#stop.abort();
    this.opened.close();
  }
}

describe("a feed", () => {
  it("tells what became of each object, with how it is now", async () => {
    const { store, feed, views } = await world();
    const reader = await Taking.open(feed, ["guest"]);
    await put(store, guestKey("g1"), record("g1"));
    await put(store, "images/i1", { id: "i1", state: "ready", source: { file: "/i" } });
    await views.caughtUp();
    const [frame] = await reader.take();
    assert.ok(frame?.type === "change" && frame.op === "created" && frame.kind === "guest");
    assert.equal((frame.object as { name?: string } | undefined)?.name, "g1");
    await remove(store, guestKey("g1"));
    const [gone] = await reader.take();
    assert.ok(gone?.type === "change" && gone.op === "removed" && gone.object === undefined);
    reader.leave();
  });

  it("tells events in order, those of before too, and of one guest where asked", async () => {
    const { events, feed } = await world();
    const say = (message: string, id: string) =>
      events.append({ kind: "guest.said", message, guest: { id, name: id } });
    say("one", "g1");
    const middle = events.lastId;
    say("two", "g2");
    const reader = await Taking.open(feed, ["event"], { after: middle, guest: "g2" });
    say("three", "g1");
    say("four", "g2");
    const told = (await reader.take()).map((frame) => (frame.type === "event" ? frame.event.message : ""));
    assert.deepEqual(told, ["two", "four"]);
    reader.leave();
  });

  it("tells whoever follows one guest that a snapshot of it is gone", async () => {
    const { store, feed, views } = await world();
    const machine = { cpus: 1, memory: 1, disks: [] };
    const key = snapshotKey("s1");
    await put(store, key, { id: "s1", guest: "g1", project: "default", name: "one", machine });
    await views.caughtUp();
    const reader = await Taking.open(feed, ["snapshot"], { guest: "g1" });
    await remove(store, key);
    const [gone] = await reader.take();
    assert.ok(gone?.type === "change" && gone.op === "removed" && gone.id === "s1");
    reader.leave();
  });

  it("composes what is more than a record when that changes", async () => {
    const { store, feed, templates } = await world();
    const reader = await Taking.open(feed, ["template"]);
    templates.set("t1", { id: "t1", guests: 0 });
    await put(store, templateKey("t1"), { id: "t1" });
    const [frame] = await reader.take();
    assert.ok(frame?.type === "change" && frame.kind === "template" && frame.op === "created");
    reader.leave();
  });

  it("tells of firewall groups by their ids, though they are kept by their names, and of one that went while nobody read", async () => {
    const { store, feed, views, firewalls } = await world();
    const reader = await Taking.open(feed, ["firewall"]);
    firewalls.set("f1", { id: "f1", name: "web", guests: [] });
    await put(store, firewallKey("default", "web"), { id: "f1", project: "default" });
    const [made] = await reader.take();
    assert.ok(made?.type === "change" && made.op === "created" && made.id === "f1");
    firewalls.set("f1", { id: "f1", name: "web", guests: ["g1"] });
    await put(store, guestKey("g1"), record("g1"));
    const [attached] = await reader.take();
    assert.ok(attached?.type === "change" && attached.op === "changed" && attached.id === "f1");
    reader.leave();
    const from = formatPlace(views.place);
    firewalls.delete("f1");
    await remove(store, firewallKey("default", "web"));
    const later = await Taking.open(feed, ["firewall"], { from });
    const [gone] = await later.take();
    assert.ok(gone?.type === "change" && gone.op === "removed" && gone.id === "f1");
    later.leave();
  });

  it("tells of webhooks, and of how they go, to admins alone", async () => {
    const { store, feed, templates, webhooks } = await world();
    const admin = await Taking.open(feed, ["webhook"]);
    const sight = new Sight({ role: "operator" }, "viewer");
    const operator = await Taking.open(feed, ["webhook", "template"], { sight });
    webhooks.set("w1", { id: "w1", state: "active" });
    await put(store, webhookKey("w1"), { id: "w1" });
    const [made] = await admin.take();
    assert.ok(made?.type === "change" && made.kind === "webhook" && made.op === "created");
    webhooks.set("w1", { id: "w1", state: "failing" });
    await put(store, progressKey("w1"), { cursor: "1" });
    const [changed] = await admin.take();
    assert.ok(changed?.type === "change" && changed.op === "changed");
    assert.deepEqual(changed.object, { id: "w1", state: "failing" });
    templates.set("t1", { id: "t1", guests: 0 });
    await put(store, templateKey("t1"), { id: "t1" });
    const told = await operator.take();
    assert.deepEqual(
      told.map((frame) => frame.type === "change" && frame.kind),
      ["template"],
    );
    admin.leave();
    operator.leave();
  });

  it("samples usage only while somebody wants it, in frames that fit a message", async () => {
    const { feed, listeners } = await world();
    assert.equal(listeners.size, 0);
    const reader = await Taking.open(feed, ["usage"]);
    assert.equal(listeners.size, 1);
    const guests = Array.from({ length: 2_500 }, (_, i) => ({
      guest: `g${i}`,
      cpuSeconds: 1,
      memory: 1,
      memoryOwn: 1,
    }));
    const host = { cpuSeconds: 1, cpus: 2, memory: 2, memoryAvailable: 1 };
    for (const listener of listeners) listener({ at: "2026-01-02T03:04:05.000Z", host, guests });
    const sizes = (await reader.take()).map((frame) => frame.type === "usage" && frame.usage.guests.length);
    assert.deepEqual(sizes, [1_000, 1_000, 500]);
    reader.leave();
    assert.equal(listeners.size, 0);
  });

  it("resets a reader whose history is gone, or that is too slow", async () => {
    const { store, feed, views } = await world(10);
    await put(store, guestKey("g0"), record("g0"));
    const from = formatPlace({ revision: await views.caughtUp(), event: "" });
    await put(store, guestKey("g0"), record("g0", "changed"));
    await store.compact((await views.caughtUp()).number);
    const late = await Taking.open(feed, ["guest"], { from });
    assert.deepEqual(
      (await late.take()).map(({ type }) => type),
      ["reset"],
    );
    for (let i = 0; i < 50; i++) await put(store, guestKey(`g${i}`), record(`g${i}`));
    await views.caughtUp();
    assert.deepEqual(
      (await late.take()).map(({ type }) => type),
      ["reset"],
    );
    late.leave();
  });

  it("refuses a place that is none, and starts one of another store over", async () => {
    const { feed } = await world();
    for (const from of ["x", "e.1", "e.-1.", "e.1.x"])
      await assert.rejects(Taking.open(feed, ["guest"], { from }), (error) => hasCode(error, "api.invalid"));
    const reader = await Taking.open(feed, ["guest"], { from: "elsewhere.0." });
    assert.deepEqual(
      (await reader.take()).map(({ type }) => type),
      ["reset"],
    );
    reader.leave();
  });

  it("gives a reader the right picture, however it comes, goes and is kept waiting", async () => {
    const id = fc.integer({ min: 0, max: 5 }).map((n) => `g${n}`);
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ do: fc.constant("put" as const), id, text: fc.string() }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant("remove" as const), id }) },
      { weight: 3, arbitrary: fc.record({ do: fc.constant("take" as const), some: fc.nat(4) }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant("reconnect" as const) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant("compact" as const) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { store, feed, views } = await world(4);
        const picture = new Map<string, unknown>();
        let { at } = await views.page(views.guests, {});
        let reader = await Taking.open(feed, ["guest"], { from: at });
        const load = async () => {
          picture.clear();
          for (const guest of (await views.page(views.guests, { limit: 1000 })).items)
            picture.set(guest.id, guest);
        };
        /** Takes what waits; a connection may break after any of the frames. */
        const take = async (most = Infinity) => {
          for (const frame of (await reader.take()).slice(0, most)) {
            if (frame.type === "reset") await load();
            else if (frame.type === "change" && frame.object) picture.set(frame.id, frame.object);
            else if (frame.type === "change") picture.delete(frame.id);
            at = frame.at ?? at;
          }
        };
        const reconnect = async () => {
          reader.leave();
          reader = await Taking.open(feed, ["guest"], { from: at });
        };
        let mark = 0;
        for (const one of steps) {
          if (one.do === "put") await put(store, guestKey(one.id), record(one.id, one.text));
          else if (one.do === "remove") await remove(store, guestKey(one.id));
          else if (one.do === "compact") await store.compact((await views.caughtUp()).number);
          else if (one.do === "reconnect") await reconnect();
          else {
            // Something is there to be taken in any case; only some of it arrives.
            await put(store, guestKey("mark"), record("mark", String(mark++)));
            await views.caughtUp();
            await take(one.some);
            await reconnect();
          }
        }
        await put(store, guestKey("mark"), record("mark", "last"));
        const { items } = await views.page(views.guests, { limit: 1000 });
        const expected = new Map(items.map((guest) => [guest.id, JSON.parse(JSON.stringify(guest))]));
        while ((picture.get("mark") as { description?: string } | undefined)?.description !== "last")
          await take();
        assert.deepEqual(new Map([...picture].toSorted()), new Map([...expected].toSorted()));
        reader.leave();
      }),
      { numRuns: 150 },
    );
  });
});
