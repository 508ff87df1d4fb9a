import assert from "node:assert/strict";
import { test } from "node:test";
import { isArranged, partsOf, placeIn, wholeOf } from "./monitors.ts";

test("monitors lie side by side, each as large as its window, as far as a desktop can have that", () => {
  const parts = partsOf([
    { w: 1283, h: 800 },
    { w: 3000, h: 100 },
  ]);
  assert.deepEqual(parts, [
    { x: 0, w: 1280, h: 800 },
    { x: 1280, w: 2560, h: 240 },
  ]);
  assert.deepEqual(wholeOf(parts), { w: 3840, h: 800 });
  assert.ok(isArranged(parts, { w: 3840, h: 800 }));
  assert.ok(!isArranged(parts, { w: 1280, h: 800 }));
  assert.ok(!isArranged(parts, undefined));
});

test("a point of a window is one of its own part of the screen, whatever it is shown in", () => {
  const part = { x: 1280, w: 800, h: 600 };
  assert.deepEqual(placeIn(part, { x: 10, y: 20 }, { w: 800, h: 600 }), { x: 1290, y: 20 });
  assert.deepEqual(placeIn(part, { x: 200, y: 150 }, { w: 400, h: 300 }), { x: 1680, y: 300 });
  assert.deepEqual(placeIn(part, { x: -5, y: 900 }, { w: 800, h: 600 }), { x: 1280, y: 599 });
});
