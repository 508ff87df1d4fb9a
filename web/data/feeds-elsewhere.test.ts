import assert from "node:assert/strict";
import { describe, it, mock } from "node:test";
import { QueryClient } from "@tanstack/react-query";
import { openFeedOf } from "./feeds-elsewhere.ts";
import { keyOf } from "./query.ts";

describe("the stream of another host", () => {
  it("tells what its guests use, and has lists asked for again that are of all hosts", (t) => {
    mock.timers.enable({ apis: ["setTimeout"] });
    t.after(() => mock.timers.reset());
    const queries = new QueryClient();
    queries.setQueryData(keyOf("poolList"), [{ name: "default", host: "h1" }]);
    const socket = { url: "", onmessage: (_: { data: string }) => {}, close() {} };
    queries.setQueryData(keyOf("templateList"), [{ id: "t1", host: "h1" }]);
    const told: unknown[] = [];
    const line = openFeedOf({
      host: "h2",
      queries,
      usage: (usage, host) => told.push([usage, host]),
      open: (url) => Object.assign(socket, { url }) as unknown as WebSocket,
    });
    assert.match(socket.url, /kinds=usage%2Cpool%2Cvolume%2Ctemplate&host=h2$/);
    const say = (frame: object) => socket.onmessage({ data: JSON.stringify(frame) });
    say({ type: "usage", at: "1", usage: { guests: [] } });
    assert.deepEqual(told, [[{ guests: [] }, "h2"]]);
    say({ type: "change", at: "2", op: "created", kind: "pool", id: "fast", object: { name: "fast" } });
    const isStale = (name: "poolList" | "templateList") => queries.getQueryState(keyOf(name))?.isInvalidated;
    assert.equal(isStale("poolList"), false);
    mock.timers.tick(1_000);
    assert.deepEqual([isStale("poolList"), isStale("templateList")], [true, false]);
    // Where it was cut, what changed meanwhile is not known.
    say({ type: "started", at: "9" });
    mock.timers.tick(1_000);
    assert.equal(isStale("templateList"), true);
    line.close();
  });
});
