import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LossyArea } from "./lossy-area.ts";
import { Quality } from "./quality.ts";

describe("quality", () => {
  it("goes down step by step while frames are late, and not below what can be read", () => {
    const quality = new Quality(6);
    const levels: number[] = [];
    for (let now = 0; now <= 5000; now += 100) if (quality.note(now, 300)) levels.push(quality.level);
    assert.deepEqual(levels, [5, 4, 3, 2, 1]);
  });

  it("comes back slowly to what the viewer wants, and never above", () => {
    const quality = new Quality(2);
    assert.ok(quality.note(0, 300));
    assert.equal(quality.note(1000, 0), false);
    assert.ok(quality.note(1500, 0));
    assert.equal(quality.note(9000, 0), false);
    assert.equal(quality.level, 2);
  });

  it("stays where frames are neither late nor quick, and at 0 where that is wanted", () => {
    assert.equal(new Quality(6).note(0, 80), false);
    assert.equal(new Quality(0).note(0, 500), false);
  });
});

describe("what was sent with loss", () => {
  const area = (x: number, y: number) => ({ x, y, width: 10, height: 10 });

  it("is repaired once it is quiet, all of it together", () => {
    const lossy = new LossyArea();
    lossy.add(0, area(0, 50));
    lossy.add(100, area(30, 5));
    assert.equal(lossy.take(399), undefined);
    assert.deepEqual(lossy.take(400), { x: 0, y: 5, width: 40, height: 55 });
    assert.equal(lossy.take(9999), undefined);
  });

  it("is nothing where everything is sent anew", () => {
    const lossy = new LossyArea();
    lossy.add(0, area(0, 0));
    lossy.clear();
    assert.equal(lossy.take(9999), undefined);
  });
});
