import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inflateSync } from "node:zlib";
import { readPpm, shrink, writePng } from "./picture.ts";

const ppm = (width: number, height: number, pixels: readonly number[]) =>
  Buffer.concat([Buffer.from(`P6\n${width} ${height}\n255\n`), Buffer.from(pixels)]);

const black = [0, 0, 0];
const white = [255, 255, 255];
const red = [255, 0, 0];

describe("a picture of a display", () => {
  it("is read as QEMU writes it, and nothing else is", () => {
    const read = readPpm(ppm(2, 1, [...red, ...white]));
    assert.deepEqual(
      { ...read, pixels: [...read!.pixels] },
      { width: 2, height: 1, pixels: [...red, ...white] },
    );
    assert.equal(readPpm(Buffer.from("P5 1 1 255 x")), undefined);
    assert.equal(readPpm(ppm(2, 2, red)), undefined, "cut off");
  });

  it("becomes smaller by the means of its pixels, and never larger", () => {
    const four = readPpm(
      ppm(4, 2, [...black, ...white, ...red, ...red, ...white, ...black, ...red, ...red]),
    )!;
    const small = shrink(four, 2);
    assert.deepEqual([small.width, small.height], [2, 1]);
    assert.deepEqual([...small.pixels], [128, 128, 128, ...red]);
    assert.equal(shrink(small, 320), small);
  });

  it("is written as a PNG whose pixels are the same", () => {
    const picture = readPpm(ppm(2, 2, [...black, ...white, ...red, ...black]))!;
    const png = Buffer.from(writePng(picture));
    assert.equal(png.subarray(1, 4).toString(), "PNG");
    assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [2, 2]);
    const at = png.indexOf("IDAT");
    const lines = inflateSync(png.subarray(at + 4, at + 4 + png.readUInt32BE(at - 4)));
    assert.deepEqual([...lines], [0, ...black, ...white, 0, ...red, ...black]);
  });
});
