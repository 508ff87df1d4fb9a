import type { PixelFormat } from "./pixel-format.ts";
import type { Reading } from "./byte-reader.ts";

/** Bits of a tile's first byte: RFC 6143, 7.7.4. */
const raw = 1;
const background = 2;
const foreground = 4;
const anySubrectangles = 8;
const coloured = 16;

const side = 16;

/** A rectangle in Hextile: tiles of 16 × 16, row by row, each as long as its first bytes say. */
export function* hextile(width: number, height: number, { pixel }: PixelFormat): Reading<Buffer[]> {
  const pieces: Buffer[] = [];
  for (let y = 0; y < height; y += side)
    for (let x = 0; x < width; x += side) {
      const head = yield 1;
      const kind = head[0]!;
      pieces.push(head);
      if (kind & raw) {
        pieces.push(yield Math.min(side, width - x) * Math.min(side, height - y) * pixel);
        continue;
      }
      const colours = (kind & background ? pixel : 0) + (kind & foreground ? pixel : 0);
      if (colours > 0) pieces.push(yield colours);
      if (!(kind & anySubrectangles)) continue;
      const count = yield 1;
      pieces.push(count, yield count[0]! * (2 + (kind & coloured ? pixel : 0)));
    }
  return pieces;
}
