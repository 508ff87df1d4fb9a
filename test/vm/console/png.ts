import assert from "node:assert/strict";
import { inflateSync } from "node:zlib";

interface Pixels {
  readonly width: number;
  readonly height: number;
  /** Red, green, blue of each. */
  readonly rgb: Buffer;
}

/** Reads a PNG of eight bits for each of red, green and blue, or for a colour of its palette, not interlaced: what QEMU writes. */
export function readPng(file: Buffer): Pixels {
  let [width, height] = [0, 0];
  const data: Buffer[] = [];
  let indexed = false;
  let palette: Buffer = Buffer.alloc(0);
  for (let at = 8; at < file.length;) {
    const length = file.readUInt32BE(at);
    const type = file.toString("latin1", at + 4, at + 8);
    const content = file.subarray(at + 8, at + 8 + length);
    if (type === "IHDR") {
      [width, height] = [content.readUInt32BE(0), content.readUInt32BE(4)];
      indexed = content[9] === 3;
      assert.deepEqual([...content.subarray(8)], [8, indexed ? 3 : 2, 0, 0, 0]);
    }
    if (type === "PLTE") palette = content;
    if (type === "IDAT") data.push(content);
    at += length + 12;
  }
  const rows = inflateSync(Buffer.concat(data));
  if (!indexed) return { width, height, rgb: unfilter(rows, width * 3, height, 3) };
  const colours = [...unfilter(rows, width, height, 1)].map((index) =>
    palette.subarray(index * 3, index * 3 + 3),
  );
  return { width, height, rgb: Buffer.concat(colours) };
}

/** Each row begins with how its bytes are told from their neighbours: nothing, left, above, their mean, Paeth's choice. */
function unfilter(rows: Buffer, row: number, height: number, pixel: number): Buffer {
  const out = Buffer.alloc(row * height);
  for (let y = 0; y < height; y++) {
    const filter = rows[y * (row + 1)]!;
    for (let x = 0; x < row; x++) {
      const at = y * row + x;
      const left = x < pixel ? 0 : out[at - pixel]!;
      const above = y === 0 ? 0 : out[at - row]!;
      const corner = x < pixel || y === 0 ? 0 : out[at - row - pixel]!;
      const guess = [0, left, above, (left + above) >> 1, paeth(left, above, corner)][filter]!;
      out[at] = rows[y * (row + 1) + 1 + x]! + guess;
    }
  }
  return out;
}

function paeth(left: number, above: number, corner: number): number {
  const guess = left + above - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - above), Math.abs(guess - corner)];
  return a <= b && a <= c ? left : b <= c ? above : corner;
}
