import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { whole, zoomed } from "./zoom.ts";

const window = { w: 400, h: 800 };

describe("zooming a desktop", () => {
  it("keeps what is under the fingers under them", () => {
    const zoom = zoomed(whole, { x: 100, y: 200, spread: 50 }, { x: 100, y: 200, spread: 100 }, window);
    assert.deepEqual(zoom, { scale: 2, x: -100, y: -200 });
  });

  it("moves with the fingers, and not beyond an edge", () => {
    const zoom = { scale: 2, x: -100, y: -200 };
    const moved = zoomed(zoom, { x: 100, y: 200, spread: 80 }, { x: 130, y: 170, spread: 80 }, window);
    assert.deepEqual(moved, { scale: 2, x: -70, y: -230 });
    const far = zoomed(zoom, { x: 0, y: 0, spread: 80 }, { x: 5000, y: -5000, spread: 80 }, window);
    assert.deepEqual(far, { scale: 2, x: 0, y: -800 });
  });

  it("is the whole at least, and five times as large at most", () => {
    const together = zoomed(
      { scale: 2, x: -10, y: -10 },
      { x: 50, y: 50, spread: 90 },
      { x: 50, y: 50, spread: 9 },
      window,
    );
    assert.deepEqual(together, { scale: 1, x: 0, y: 0 });
    assert.equal(zoomed(whole, { x: 0, y: 0, spread: 1 }, { x: 0, y: 0, spread: 900 }, window).scale, 5);
  });
});
