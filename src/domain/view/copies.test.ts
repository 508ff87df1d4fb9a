import assert from "node:assert/strict";
import { test } from "node:test";
import type { StoreEvent } from "#durable/store/store";
import { Copies } from "./copies.ts";

const put = (key: string, value: unknown): StoreEvent => ({ type: "put", key, value, previous: undefined });
const gone = (key: string): StoreEvent => ({ type: "delete", key, value: undefined, previous: 1 });
const shown = (copies: Copies, ...events: StoreEvent[]) => [...copies.take(events)];

test("a guest that moves is changed, whichever of the two comes first", () => {
  for (const order of [0, 1]) {
    const copies = new Copies();
    copies.take([put("guests/@h1/g1", "there")]);
    const events = [gone("guests/@h1/g1"), put("guests/@h2/g1", "here")];
    const moved = shown(copies, ...(order === 0 ? events : events.toReversed()));
    assert.deepEqual(moved, [["guests/g1", "here"]]);
    assert.deepEqual(shown(copies, gone("guests/@h1/g1")), []);
    assert.deepEqual(shown(copies, gone("guests/@h2/g1")), [["guests/g1", undefined]]);
  }
});

test("an image is there as long as a host has it", () => {
  const copies = new Copies();
  const item = { revision: 1, created: 1 };
  const all = copies.takeAll([
    { key: "images/@h1/i1", value: "one", ...item },
    { key: "images/@h2/i1", value: "other", ...item },
  ]);
  assert.deepEqual([...all], [["images/i1", "other"]]);
  assert.deepEqual(shown(copies, gone("images/@h2/i1")), [["images/i1", "one"]]);
  assert.deepEqual(shown(copies, gone("images/@h1/i1")), [["images/i1", undefined]]);
});

test("on a single host a record is what it is", () => {
  const copies = new Copies();
  assert.deepEqual(shown(copies, put("guests/g1", 1)), [["guests/g1", 1]]);
  assert.deepEqual(shown(copies, put("images/i1", 1), gone("images/i1")), [["images/i1", undefined]]);
  assert.deepEqual(shown(copies, gone("guests/g1")), [["guests/g1", undefined]]);
});
