import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Pending, type News } from "./pending.ts";
import type { Place } from "./place.ts";

const at = (number: number, event = ""): Place => ({ revision: { epoch: "e", number }, event });
const change = (id: string, op: "created" | "changed" | "removed" = "changed"): News => ({
  type: "change",
  kind: "guest",
  id,
  op,
});
const open = new AbortController().signal;
const take = async (pending: Pending, now = at(99)) => pending.take(() => now, open);

describe("what waits for a reader", () => {
  it("is one change for each object, the last, in the order of the last", async () => {
    const pending = new Pending(at(0));
    pending.push(change("a", "created"), at(1));
    pending.push(change("b"), at(2));
    pending.push(change("a"), at(3));
    assert.deepEqual(await take(pending), [
      { news: change("b"), at: "e.2." },
      { news: change("a", "created"), at: "e.3." },
    ]);
  });

  it("brings a reader to a transaction only with the last of what it changed", async () => {
    const pending = new Pending(at(4));
    for (const id of ["a", "b"]) pending.push(change(id), at(5));
    pending.push(change("c"), at(6));
    assert.deepEqual(
      (await take(pending)).map((taken) => taken.at),
      ["e.4.", "e.5.", "e.6."],
    );
  });

  it("keeps every event, and of usage the newest", async () => {
    const pending = new Pending(at(0));
    pending.push({ type: "event", json: "1" }, at(0, "1"));
    pending.push({ type: "usage", part: 0, json: "old" }, at(0, "1"));
    pending.push({ type: "event", json: "2" }, at(0, "2"));
    pending.push({ type: "usage", part: 0, json: "new" }, at(0, "2"));
    const texts = (await take(pending)).map(({ news }) => ("json" in news ? news.json : ""));
    assert.deepEqual(texts, ["1", "2", "new"]);
  });

  it("is let go of where it is too much: the reader starts over, and goes on from then", async () => {
    const pending = new Pending(at(0), 10);
    for (let i = 0; i < 1000; i++) pending.push(change(`g${i}`), at(i + 1));
    assert.ok(pending.size <= 10);
    assert.deepEqual(await take(pending, at(1000)), [{ news: { type: "reset" }, at: "e.1000." }]);
    pending.push(change("a"), at(1001));
    assert.deepEqual(await take(pending), [{ news: change("a"), at: "e.1001." }]);
  });

  it("is waited for, and no longer than the reader is there", async () => {
    const pending = new Pending(at(0));
    const waiting = take(pending);
    pending.push(change("a"), at(1));
    assert.equal((await waiting).length, 1);
    const gone = new AbortController();
    const nothing = pending.take(() => at(1), gone.signal);
    gone.abort();
    assert.deepEqual(await nothing, []);
  });
});
