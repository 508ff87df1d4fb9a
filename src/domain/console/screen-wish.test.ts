import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { possible, ScreenWish } from "./screen-wish.ts";

const one = (width: number, height = 600) => ({ width, height });
const size = (width: number, height?: number) => [one(width, height)] as const;

describe("the size that a screen should have", () => {
  it("is the one at which a window stays", () => {
    const wish = new ScreenWish<string>();
    assert.ok(wish.wish(0, "a", size(800)));
    assert.ok(wish.wish(100, "a", size(808)));
    assert.equal(wish.take(250), undefined);
    assert.deepEqual(wish.take(300), size(808));
    assert.equal(wish.take(1000), undefined);
  });

  it("is that of whoever acted last, also when he acts later than he wished", () => {
    const wish = new ScreenWish<string>();
    wish.acted(0, "a");
    assert.equal(wish.wish(0, "b", size(800)), false);
    assert.equal(wish.take(1000), undefined);
    wish.acted(1000, "b");
    assert.deepEqual(wish.take(1000), size(800));
    wish.acted(1100, "b");
    assert.equal(wish.take(2000), undefined);
    wish.leave("b");
    assert.ok(wish.wish(2000, "a", size(640)));
  });

  it("is told to an agent that comes later", () => {
    const wish = new ScreenWish<string>();
    wish.wish(0, "a", size(800));
    assert.deepEqual(wish.take(200), size(800));
    wish.again(5000);
    assert.deepEqual(wish.take(5000), size(800));
  });

  it("is one that a guest can have, and of the same shape where it is too large", () => {
    const side = fc.nat(65535);
    fc.assert(
      fc.property(side, side, (width, height) => {
        const [{ width: w, height: h }] = possible([{ width, height }], 1);
        assert.ok(w % 8 === 0 && w * h <= 2_097_152 && w >= 320 && h >= 240 && w <= 5120 && h <= 2160);
      }),
    );
    assert.deepEqual(possible(size(1920, 1080), 1), size(1920, 1080));
    assert.deepEqual(possible(size(1366, 768), 1), size(1360, 768));
    assert.deepEqual(possible(size(3840, 2160), 1), size(1928, 1086));
    assert.deepEqual(possible(size(3840, 2160), 2), size(3840, 2160));
  });

  it("is shared out among several monitors, side by side in one line", () => {
    const two = [one(1283, 800), one(3000, 100)] as const;
    assert.deepEqual(possible(two, 2), [one(1280, 800), one(2560, 240)]);
    const wish = new ScreenWish<string>();
    wish.wish(0, "a", two);
    assert.deepEqual(wish.take(200), two);
    wish.wish(300, "b", size(800));
    wish.acted(300, "a");
    assert.equal(wish.take(1000), undefined);
  });
});
