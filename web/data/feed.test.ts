import assert from "node:assert/strict";
import { describe, it, mock } from "node:test";
import { QueryClient } from "@tanstack/react-query";
import { openFeed } from "./feed.ts";
import type { LineState } from "./line.ts";
import { keyOf } from "./query.ts";

/** A socket that a test speaks through. */
class Wire {
  static readonly all: Wire[] = [];
  readonly url: string;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  constructor(url: string) {
    this.url = url;
    Wire.all.push(this);
  }
  say(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
  close(): void {
    this.onclose?.();
  }
}

function start() {
  mock.timers.enable({ apis: ["setTimeout"] });
  Wire.all.length = 0;
  const queries = new QueryClient();
  const states: LineState[] = [];
  const events: string[] = [];
  const later: (() => void)[] = [];
  const feed = openFeed({
    queries,
    state: (state) => states.push(state),
    event: ({ message }) => events.push(message),
    soon: (work) => later.push(work),
    open: (url) => new Wire(url) as unknown as WebSocket,
  });
  const flush = () => later.splice(0).forEach((work) => work());
  const last = () => Wire.all.at(-1) ?? assert.fail("no connection was opened");
  return { feed, queries, states, events, flush, last, close: () => (feed.close(), mock.timers.reset()) };
}

const change = (id: string, state: string) => ({
  type: "change",
  at: "1",
  op: "changed",
  kind: "guest",
  id,
  object: { id, name: id, state },
});
const event = (id: string, message: string) => ({
  type: "event",
  event: { id, at: "", kind: "guest.started", message },
});

describe("the feed", () => {
  it("puts what it is told into the cache once, however much it was told", () => {
    const { queries, last, flush, close } = start();
    queries.setQueryData(keyOf("guestList"), [{ id: "a", name: "a", state: "stopped" }]);
    last().say({ type: "started" });
    last().say(change("a", "starting"));
    last().say(change("a", "running"));
    const before = queries.getQueryData<{ state: string }[]>(keyOf("guestList"));
    assert.equal(before?.[0]?.state, "stopped");
    flush();
    const after = queries.getQueryData<{ state: string }[]>(keyOf("guestList"));
    assert.equal(after?.[0]?.state, "running");
    close();
  });

  it("takes a removed object out", () => {
    const { queries, last, flush, close } = start();
    queries.setQueryData(keyOf("guestList"), [{ id: "a", name: "a" }]);
    last().say({ type: "change", at: "1", op: "removed", kind: "guest", id: "a" });
    flush();
    assert.deepEqual(queries.getQueryData(keyOf("guestList")), []);
    close();
  });

  it("comes back when it was lost, goes on where it was, and waits longer each time", () => {
    const { states, events, last, close } = start();
    last().say({ type: "started" });
    last().say(event("000000000007", "web started"));
    last().close();
    assert.deepEqual(states, ["opening", "live", "waiting"]);
    mock.timers.tick(499);
    assert.equal(Wire.all.length, 1);
    mock.timers.tick(1);
    assert.equal(Wire.all.length, 2);
    assert.match(last().url, /=000000000007$/);
    last().close();
    mock.timers.tick(999);
    assert.equal(Wire.all.length, 2);
    mock.timers.tick(1);
    assert.equal(Wire.all.length, 3);
    assert.deepEqual(events, ["web started"]);
    close();
  });

  it("asks for everything again after a gap, but not after its first start", () => {
    const { queries, last, close } = start();
    queries.setQueryData(keyOf("guestList"), []);
    queries.setQueryData(keyOf("hostDoctor"), []);
    const stale = (name: "guestList" | "hostDoctor") => queries.getQueryState(keyOf(name))?.isInvalidated;
    last().say({ type: "started" });
    assert.equal(stale("guestList"), false);
    last().close();
    mock.timers.tick(500);
    last().say({ type: "started" });
    assert.equal(stale("guestList"), true);
    assert.equal(stale("hostDoctor"), false);
    close();
  });

  it("stays closed once it was closed", () => {
    const { feed, last, close } = start();
    last().say({ type: "started" });
    feed.close();
    mock.timers.tick(60_000);
    assert.equal(Wire.all.length, 1);
    close();
  });
});
