import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LossyArea } from "./lossy-area.ts";

const picture = { x: 0, y: 0, width: 640, height: 360 };
const letter = { x: 0, y: 0, width: 10, height: 19 };

describe("what is not exact", () => {
  it("is repaired once it has been at rest, as a whole and once", () => {
    const lossy = new LossyArea();
    lossy.add(0, { x: 10, y: 10, width: 10, height: 10 });
    lossy.add(100, { x: 50, y: 20, width: 10, height: 10 });
    assert.equal(lossy.take(300), undefined);
    assert.deepEqual(lossy.take(400), { x: 10, y: 10, width: 50, height: 20 });
    assert.equal(lossy.take(1000), undefined);
  });

  it("is followed by nothing that is not, until QEMU has repaired by itself", () => {
    const lossy = new LossyArea();
    assert.equal(lossy.isExact(0), false);
    lossy.add(0, picture);
    lossy.take(300);
    // QEMU's own comes in some parts; and somebody types.
    for (const at of [1990, 2250, 2480]) lossy.updated(at, [picture]);
    for (let at = 2500; at < 3000; at += 30) lossy.updated(at, [letter]);
    assert.equal(lossy.isExact(3299), true);
    assert.equal(lossy.isExact(3300), false);
  });

  it("may come again at once where the picture moves", () => {
    const lossy = new LossyArea();
    lossy.add(0, picture);
    lossy.take(300);
    for (const at of [1000, 1066, 1133]) lossy.updated(at, [picture]);
    assert.equal(lossy.isExact(1140), true);
    lossy.updated(1200, [picture]);
    assert.equal(lossy.isExact(1200), false);
  });
});
