import assert from "node:assert/strict";
import { describe, it, mock } from "node:test";
import { QueryClient, QueryObserver } from "@tanstack/react-query";
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
  const later: (() => void)[] = [];
  const feed = openFeed({
    queries,
    state: (state) => states.push(state),
    usage: () => undefined,
    soon: (work) => later.push(work),
    open: (url) => new Wire(url) as unknown as WebSocket,
  });
  const flush = () => later.splice(0).forEach((work) => work());
  const last = () => Wire.all.at(-1) ?? assert.fail("no connection was opened");
  return { feed, queries, states, flush, last, close: () => (feed.close(), mock.timers.reset()) };
}

const change = (id: string, state: string) => ({
  type: "change",
  at: "1",
  op: "changed",
  kind: "guest",
  id,
  object: { id, name: id, state },
});
const event = (id: string) => ({
  type: "event",
  at: `e.1.${id}`,
  event: { id, at: "", kind: "x", message: "" },
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

  it("is not undone by an answer that was on its way when it told of something later", async () => {
    const { queries, last, flush, close } = start();
    const answer = Promise.withResolvers<object[]>();
    const asked = queries.fetchQuery({ queryKey: keyOf("guestList"), queryFn: () => answer.promise });
    last().say({ type: "started" });
    last().say(change("a", "running"));
    last().say({ type: "change", at: "1", op: "removed", kind: "guest", id: "b" });
    flush();
    answer.resolve([
      { id: "a", name: "a", state: "starting" },
      { id: "b", name: "b", state: "stopped" },
    ]);
    await asked;
    const shown = queries.getQueryData<{ id: string; state: string }[]>(keyOf("guestList"));
    assert.deepEqual(shown, [{ id: "a", name: "a", state: "running" }]);
    close();
  });

  for (const [when, known] of [
    ["while it was asked for", [{ id: "a", name: "a", state: "starting" }]],
    ["while it was asked for the first time", undefined],
  ] as const)
    it(`after a gap ${when} takes what comes of asking once more, and nothing of before`, async () => {
      const { queries, last, flush, close } = start();
      last().say({ type: "started" });
      const queryKey = keyOf("guestList");
      if (known) queries.setQueryData(queryKey, known);
      const first = Promise.withResolvers<object[]>();
      const again = [{ id: "a", name: "a", state: "stopped" }];
      const answers = [first.promise, Promise.resolve(again)];
      const queryFn = () => answers.shift() ?? assert.fail("asked once more");
      const end = new QueryObserver(queries, { queryKey, queryFn, retry: false }).subscribe(() => undefined);
      last().say(change("a", "running"));
      flush();
      last().say({ type: "reset", at: "2" });
      first.resolve([{ id: "a", name: "a", state: "starting" }]);
      for (let turn = 0; turn < 20; turn++) await undefined;
      mock.timers.tick(0);
      await queries.refetchQueries(
        { queryKey, predicate: ({ state }) => state.fetchStatus !== "idle" },
        {
          cancelRefetch: false,
        },
      );
      assert.deepEqual(queries.getQueryData(queryKey), again);
      end();
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

  it("asks for all that there is to be told", () => {
    const { last, close } = start();
    const asked = new URL(last().url).searchParams;
    assert.equal(
      asked.get("kinds"),
      "event,guest,snapshot,image,operation,network,firewall,template,project,recording,pool,volume,webhook,host,desktop-pool,desktop,usage",
    );
    assert.equal(asked.get("from"), null);
    close();
  });

  it("comes back when it was lost, goes on where it was, and waits longer each time", () => {
    const { queries, states, last, close } = start();
    queries.setQueryData(keyOf("eventList"), []);
    last().say({ type: "started", at: "e.1." });
    last().say(event("7"));
    last().close();
    assert.deepEqual(states, ["opening", "live", "waiting"]);
    mock.timers.tick(499);
    assert.equal(Wire.all.length, 1);
    mock.timers.tick(1);
    assert.equal(Wire.all.length, 2);
    assert.equal(new URL(last().url).searchParams.get("from"), "e.1.7");
    last().close();
    mock.timers.tick(999);
    assert.equal(Wire.all.length, 2);
    mock.timers.tick(1);
    assert.equal(Wire.all.length, 3);
    close();
  });

  it("keeps events, each once, in the lists that they belong to", () => {
    const { queries, last, close } = start();
    const of = (guest: string) => keyOf("eventList", { query: { guest } });
    queries.setQueryData(keyOf("eventList"), []);
    queries.setQueryData(of("g1"), []);
    last().say({ type: "started", at: "1" });
    last().say(event("7"));
    last().say(event("7"));
    assert.equal(queries.getQueryData<object[]>(keyOf("eventList"))?.length, 1);
    assert.equal(queries.getQueryData<object[]>(of("g1"))?.length, 0);
    close();
  });

  it("asks again for what may be older than its start, and after a gap; not after a mere break", () => {
    const { queries, last, close } = start();
    const read = () => queries.setQueryData(keyOf("guestList"), []);
    const stale = (name: "guestList" | "hostDoctor") => queries.getQueryState(keyOf(name))?.isInvalidated;
    read();
    queries.setQueryData(keyOf("hostDoctor"), []);
    last().say({ type: "started", at: "1" });
    assert.equal(stale("guestList"), true);
    assert.equal(stale("hostDoctor"), false);
    read();
    last().close();
    mock.timers.tick(500);
    last().say({ type: "started", at: "2" });
    assert.equal(stale("guestList"), false);
    last().say({ type: "reset", at: "9" });
    assert.equal(stale("guestList"), true);
    close();
  });

  it("asks for the host's figures once a second at most, however many guests change", () => {
    const { queries, last, close } = start();
    queries.setQueryData(keyOf("hostGet"), {});
    last().say({ type: "started", at: "1" });
    let asked = 0;
    queries.getQueryCache().subscribe(({ type, query }) => {
      if (type === "updated" && query.queryKey[0] === "hostGet") asked++;
    });
    for (let at = 0; at < 100; at++) last().say(change("a", "running"));
    mock.timers.tick(1000);
    assert.equal(asked, 1);
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
