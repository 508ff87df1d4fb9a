import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HeldKeys } from "./held-keys.ts";

const plain = (down: number, keysym = 97) => Buffer.from([4, down, 0, 0, 0, 0, 0, keysym]);
const placed = (down: number, place = 30) => Buffer.from([255, 0, 0, down, 0, 0, 0, 97, 0, 0, 0, place]);

describe("keys that a viewer holds", () => {
  it("are let go of once it does not answer", () => {
    const held = new HeldKeys();
    held.heard(0);
    for (const bytes of [plain(1), placed(1), placed(1, 42), placed(0), placed(1), placed(0)])
      held.note(bytes);
    assert.equal(held.asks(1_999), false);
    assert.equal(held.asks(2_000), true);
    assert.equal(held.asks(2_025), false);
    assert.deepEqual(held.lost(5_999), []);
    assert.deepEqual(held.lost(6_000), [plain(0), placed(0, 42)]);
    assert.deepEqual([held.lost(20_000), held.asks(20_000)], [[], false]);
  });

  it("stay held while it answers or says something", () => {
    const held = new HeldKeys();
    held.note(placed(1));
    assert.equal(held.asks(2_000), true);
    held.heard(5_999);
    assert.deepEqual(held.lost(6_000), []);
    assert.equal(held.asks(7_998), false);
    assert.equal(held.asks(7_999), true);
    assert.deepEqual(held.lost(12_000), [placed(0)]);
  });

  it("are none where all were released, or another machine is there", () => {
    const held = new HeldKeys();
    held.note(plain(1));
    held.note(plain(0));
    assert.equal(held.asks(9_000), false);
    held.note(placed(1));
    held.forget();
    assert.equal(held.asks(9_000), false);
  });
});
