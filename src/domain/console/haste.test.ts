import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Haste } from "./haste.ts";
import type { Rectangle } from "./rfb/rectangle.ts";

const rectangle = (x: number, control: number): Rectangle => {
  const area = { x, y: 0, width: 16, height: 8 };
  return { ...area, encoding: 7, head: Buffer.alloc(12), body: [Buffer.of(control)] };
};
const [video, text, more] = [rectangle(0, 0x90), rectangle(64, 0x80), rectangle(32, 0x90)];
const update = [video, text, more];

describe("haste", () => {
  it("changes nothing of an update while nobody types, nor half a second later", () => {
    const haste = new Haste();
    assert.deepEqual(haste.inTurn(0, false, update), [update]);
    haste.begin(1000);
    assert.deepEqual(haste.inTurn(1500, false, update), [update]);
    assert.equal(haste.takeLeftOut(), undefined);
  });

  it("sends what is exact first, and keeps what has no loss as it is", () => {
    const haste = new Haste();
    haste.begin(1000);
    assert.deepEqual(haste.inTurn(1499, true, update), [[text], [video, more]]);
    assert.deepEqual(haste.inTurn(1499, false, [text]), [[text]]);
    assert.equal(haste.takeLeftOut(), undefined);
  });

  it("leaves out what is not where there is no room, and has it asked for again, once", () => {
    const haste = new Haste();
    haste.begin(1000);
    assert.deepEqual(haste.inTurn(1100, false, update), [[text]]);
    assert.deepEqual(haste.inTurn(1200, false, [rectangle(8, 0x90)]), [[]]);
    assert.deepEqual(haste.takeLeftOut(), { x: 0, y: 0, width: 48, height: 8 });
    assert.equal(haste.takeLeftOut(), undefined);
  });
});
