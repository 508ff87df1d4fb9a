import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { hasCode, LodgeError, type ErrorCode } from "#contract/errors";
import type { DesktopPolicy } from "#contract/schema/desktop-pool";
import type { DesktopLineFromServer } from "#contract/schema/desktop-line";
import type { EndReason } from "#contract/schema/recording";
import { silentLog } from "#base/log";
import { MemoryStore } from "#durable/store/memory";
import { put, remove } from "#durable/store/update";
import { until } from "../../../test/fakes/fake-daemon.ts";
import type { Gate } from "../console/displays.ts";
import type { TurnListener } from "../console/recording/recordings.ts";
import { Tickets } from "../console/tickets.ts";
import { Watcher, Watchers } from "../console/watchers.ts";
import { guestKey } from "../guest/record.ts";
import type { NewEvent } from "../host/events.ts";
import { HelpDesk } from "./help-desk.ts";
import { DesktopLines } from "./lines.ts";
import { desktopKey, desktopPoolKey } from "./record.ts";

const clock = { now: () => 0, monotonic: () => 0, sleep: async () => undefined };
const is = (code: ErrorCode) => (error: unknown) => hasCode(error, code);
const desktop = { id: "dt1", pool: "dp1", project: "default", user: "u1", userName: "anna", guest: "g1" };
const anna = "user:u1";
const granted = {
  ...{ guest: "g1", holder: anna, user: "anna", viewOnly: false, obstacle: async () => undefined },
  desktop: { id: "dt1", shadow: false, power: true, uses: ["display"] as const },
};

describe("the help desk", () => {
  let store: MemoryStore;
  let lines: DesktopLines;
  let watchers: Watchers;
  let tickets: Tickets;
  let desk: HelpDesk;
  let events: NewEvent[];
  let recorded: string[];
  let running: string | undefined;
  let refusal: LodgeError | undefined;
  let turn: TurnListener;
  let gate: Gate;
  /** Nothing can be read of pools and desktops. */
  let unreadable: boolean;
  let now: number;

  const policy = (words: DesktopPolicy) =>
    put(store, desktopPoolKey("dp1"), { id: "dp1", name: "office", policy: words });

  /** A page of the desktop's user. */
  const page = async (id = "dt1") => {
    const frames: DesktopLineFromServer[] = [];
    const line = await desk.openLine(id, anna, (frame) => frames.push(frame));
    const asked = () => frames.flatMap((frame) => (frame.type === "shadow-asked" ? [frame.id] : []));
    const types = () => frames.map(({ type }) => type);
    return { ...line, frames, asked, types };
  };
  const supporter = (signal = new AbortController().signal) => ({
    holder: "user:u9",
    name: "ops",
    address: "10.0.0.9",
    obstacle: async () => refusal,
    signal,
  });
  /** Comes with a ticket, as the display does. */
  const come = (ticket: string) => {
    const grant = tickets.redeem(ticket, { guest: "g1", holder: "user:u9", use: "display" });
    const ends: string[] = [];
    const go = watchers.add("g1", new Watcher(grant, clock, ({ code }) => ends.push(code)));
    return { grant, ends, go };
  };
  /** As the display lets somebody in, or not. */
  const seen = async () => {
    await gate("g1", granted);
    return own();
  };
  const own = () => {
    const ends: string[] = [];
    const grant = granted;
    const watcher = new Watcher(grant, clock, ({ code }) => ends.push(code));
    return { watcher, ends, go: watchers.add("g1", watcher) };
  };

  beforeEach(async () => {
    store = new MemoryStore();
    [lines, watchers, tickets] = [new DesktopLines(), new Watchers(), new Tickets(clock)];
    [events, recorded, running, refusal] = [[], [], undefined, undefined];
    [unreadable, now] = [false, 0];
    await put(store, desktopKey("dt1"), desktop);
    await put(store, desktopKey("dt2"), { ...desktop, id: "dt2", user: "u2", userName: "bert", guest: "g2" });
    await put(store, guestKey("g1"), { id: "g1", name: "office-1", project: "default", state: "running" });
    await policy({});
    const read = store.get.bind(store);
    store.get = async (key) => {
      if (unreadable) throw new LodgeError("store.unavailable", { path: "etcd", reason: "no quorum" });
      return read(key);
    };
    desk = new HelpDesk({
      store,
      clock: { ...clock, monotonic: () => now },
      log: silentLog,
      fleet: { require: () => assert.fail("no guest runs here") },
      displays: {
        watchers,
        issue: async (guest, terms) => tickets.issue({ guest, ...terms }),
        beforeShown: (asked) => void (gate = asked),
        requireHands: () => undefined,
      },
      recordings: {
        start: async (guest, by, _limits, { must } = {}) => {
          if (refusal) throw refusal;
          assert.equal(must, true);
          recorded.push(`${guest} ${by}`);
          running = "r1";
          turn(guest, undefined);
          return {} as never;
        },
        stop: async (id) => {
          recorded.push(`end of ${id}`);
          running = undefined;
          return {} as never;
        },
        runningOf: () => running,
        onTurn: (listener) => void (turn = listener),
      },
      events: { append: (event) => void events.push(event) },
      lines,
      desktops: () => ({
        get: async (id) => {
          if (!(await store.get(desktopKey(id)))) throw new LodgeError("desktop.not_found", { desktop: id });
          return { id, guest: id === "dt1" ? "g1" : "g2", viewers: [] } as never;
        },
      }),
    });
  });

  it("lets somebody look on once the user consents, at whichever of his pages", async () => {
    const [one, two] = [await page(), await page()];
    const shadowing = desk.shadow("dt1", { control: true }, supporter());
    await until(() => two.asked().length === 1);
    assert.deepEqual(one.asked(), two.asked());
    two.take({ type: "shadow-answered", id: two.asked()[0]!, yes: true });
    const { ticket, guest, control } = await shadowing;
    assert.deepEqual([guest, control], ["g1", true]);
    assert.equal(one.frames.at(-1)?.type, "shadow-settled");
    const looking = come(ticket);
    assert.equal(looking.grant.viewOnly, false);
    assert.deepEqual(looking.grant.desktop, { id: "dt1", shadow: true, power: false, uses: ["display"] });
    assert.deepEqual(two.frames.at(-1), { type: "shadowed", by: [{ user: "ops", control: true }] });
    looking.go();
    assert.deepEqual(two.frames.at(-1), { type: "shadowed", by: [] });
    await until(() => events.length === 2);
    assert.deepEqual(
      events.map(({ kind, guest: of }) => [kind, of?.name]),
      [
        ["desktop.shadowed", "office-1"],
        ["desktop.shadow_ended", "office-1"],
      ],
    );
  });

  it("lets nobody in whom the user refuses, or by an answer that is not his", async () => {
    const [one, stranger] = [await page(), await page("dt2")];
    const shadowing = desk.shadow("dt1", {}, supporter());
    await until(() => one.asked().length === 1);
    const [id] = one.asked();
    assert.deepEqual(stranger.asked(), []);
    stranger.take({ type: "shadow-answered", id: id!, yes: true });
    one.take({ type: "shadow-answered", id: "made up", yes: true });
    one.take({ type: "shadow-answered", id: id!, yes: false });
    one.take({ type: "shadow-answered", id: id!, yes: true });
    await assert.rejects(shadowing, is("desktop.refused"));
  });

  it("asks a page that comes while it is asked, and gives up when the last has gone or nobody waits", async () => {
    await assert.rejects(desk.shadow("dt1", {}, supporter()), is("desktop.nobody_there"));
    const first = await page();
    const refused = assert.rejects(desk.shadow("dt1", {}, supporter()), is("desktop.refused"));
    await until(() => first.asked().length === 1);
    const second = await page();
    assert.deepEqual(second.asked(), first.asked());
    first.close();
    assert.equal(second.types().includes("shadow-settled"), false);
    second.close();
    await refused;
    const third = await page();
    const gone = new AbortController();
    const shadowing = desk.shadow("dt1", {}, supporter(gone.signal));
    await until(() => third.asked().length === 1);
    gone.abort(new LodgeError("api.client_gone"));
    await assert.rejects(shadowing, is("api.client_gone"));
    assert.equal(third.frames.at(-1)?.type, "shadow-settled");
  });

  it("asks nobody where a notice is enough, and lets nobody look on where the pool does not", async () => {
    await policy({ shadow: "notice" });
    const { ticket } = await desk.shadow("dt1", {}, supporter());
    const looking = come(ticket);
    assert.equal(looking.grant.viewOnly, true);
    const late = await page();
    assert.deepEqual(
      late.frames.find(({ type }) => type === "shadowed"),
      { type: "shadowed", by: [{ user: "ops", control: false }] },
    );
    await policy({ shadow: "never" });
    await assert.rejects(desk.shadow("dt1", {}, supporter()), is("desktop.not_allowed"));
  });

  it("has it end when the user says so, also by a ticket that was not used yet", async () => {
    await policy({ shadow: "notice" });
    const one = await page();
    const looking = come((await desk.shadow("dt1", {}, supporter())).ticket);
    const unused = tickets.redeem((await desk.shadow("dt1", {}, supporter())).ticket, {
      guest: "g1",
      holder: "user:u9",
      use: "display",
    });
    assert.equal(await unused.obstacle(), undefined);
    one.take({ type: "end-shadow" });
    await until(() => looking.ends.length > 0);
    assert.deepEqual(looking.ends, ["desktop.shadow_ended"]);
    assert.ok(hasCode(await unused.obstacle(), "desktop.shadow_ended"));
    const next = tickets.redeem((await desk.shadow("dt1", {}, supporter())).ticket, {
      guest: "g1",
      holder: "user:u9",
      use: "display",
    });
    assert.equal(await next.obstacle(), undefined);
    refusal = new LodgeError("access.forbidden", { needed: "operator", role: "viewer" });
    assert.ok(hasCode(await next.obstacle(), "access.forbidden"));
    refusal = undefined;
    await remove(store, desktopKey("dt1"));
    assert.ok(hasCode(await next.obstacle(), "desktop.not_found"));
  });

  it("goes on, and ends when the user says so, where the store does not answer", async () => {
    await policy({ shadow: "notice" });
    const one = await page();
    const looking = come((await desk.shadow("dt1", {}, supporter())).ticket);
    await store.close();
    assert.equal(await looking.grant.obstacle(), undefined);
    one.take({ type: "end-shadow" });
    assert.deepEqual(looking.ends, ["desktop.shadow_ended"]);
    assert.ok(hasCode(await looking.grant.obstacle(), "desktop.shadow_ended"));
  });

  it("leaves a page where the guest goes elsewhere", async () => {
    const one = await page();
    await put(store, guestKey("g1"), { id: "g1", name: "office-1", project: "default", state: "paused" });
    await put(store, guestKey("g12"), { id: "g12" });
    await remove(store, guestKey("g12"));
    const early = await Promise.race([
      one.left.then(() => "left"),
      new Promise((resolve) => setImmediate(resolve)),
    ]);
    assert.equal(early, undefined);
    await remove(store, guestKey("g1"));
    await one.left;
    one.close();
  });

  it("knows by the page how quick it is, and that its user is still there", async () => {
    const [one, { watcher }] = [await page(), own()];
    one.take({ type: "measured", roundTrip: 80, framesPerSecond: 30 });
    assert.deepEqual([watcher.seen.roundTrip, watcher.seen.framesPerSecond], [80, 30]);
    assert.equal(watchers.lastInput("g1"), undefined);
    one.take({ type: "present" });
    assert.equal(watchers.lastInput("g1"), 0);
  });

  it("records what the pool wants recorded, from before the first picture on, again when one ends, and until the end", async () => {
    (await seen()).go();
    assert.deepEqual(recorded, []);
    await policy({ record: true });
    const one = await page();
    assert.deepEqual(one.frames.at(-1), { type: "recording", on: false });
    await gate("g1", granted);
    assert.deepEqual(recorded, ["g1 the desktop pool office"]);
    assert.deepEqual(one.frames.at(-1), { type: "recording", on: true });
    own();
    await seen();
    ended("duration");
    await until(() => recorded.length === 2);
    await desk.left(desktop as never);
    assert.deepEqual(recorded.slice(2), ["end of r1"]);
  });

  const ended = (why: EndReason) => {
    running = undefined;
    turn("g1", why);
  };
  const full = () =>
    new LodgeError("recording.no_space", { path: "/r", needed: "2 GiB", available: "1 MiB" });

  it("shows nobody what has to be recorded and cannot be, and again as soon as it can", async () => {
    await policy({ record: true });
    refusal = full();
    const [one, two] = [seen(), seen()];
    await assert.rejects(one, is("desktop.not_recorded"));
    await assert.rejects(two, is("desktop.not_recorded"));
    refusal = undefined;
    const { ends } = await seen();
    assert.deepEqual([recorded.length, ends], [1, []]);
  });

  it("tells whoever watches why he does not, where its recording breaks off and no other goes on", async () => {
    await policy({ record: true });
    const { ends } = await seen();
    refusal = full();
    ended("disk");
    await until(() => ends.length > 0);
    assert.deepEqual(ends, ["desktop.not_recorded"]);
  });

  it("begins none anew that failed just now", async () => {
    await policy({ record: true });
    const { ends, go } = await seen();
    ended("failed");
    await until(() => ends.length > 0);
    go();
    await assert.rejects(seen(), is("desktop.not_recorded"));
    now += 10_000;
    await seen();
    assert.equal(recorded.length, 2);
  });

  it("shows nobody of what cannot be read whether it has to be recorded", async () => {
    await policy({ record: true });
    unreadable = true;
    await assert.rejects(seen(), is("store.unavailable"));
    unreadable = false;
    const { ends } = await seen();
    unreadable = true;
    ended("duration");
    await until(() => ends.length > 0);
    assert.deepEqual(ends, ["desktop.not_recorded"]);
    unreadable = false;
    assert.deepEqual((await seen()).ends, []);
  });

  it("follows a policy that is another while somebody watches", async () => {
    const { ends } = await seen();
    await policy({ record: true });
    await desk.keepRecorded("g1", "dt1", true);
    assert.deepEqual([recorded, ends], [["g1 the desktop pool office"], []]);
    await policy({});
    await desk.keepRecorded("g1", "dt1", false);
    assert.deepEqual(recorded.slice(1), ["end of r1"]);
    await policy({ record: true });
    refusal = full();
    await desk.keepRecorded("g1", "dt1", true);
    assert.deepEqual(ends, ["desktop.not_recorded"]);
  });
});
