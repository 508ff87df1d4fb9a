/** Small pictures of displays: read as QEMU writes them (PPM), made smaller, and written as PNG (RFC 2083). */
import { crc32, deflateSync } from "node:zlib";

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Three bytes a pixel: red, green, blue. */
  readonly pixels: Uint8Array;
}

/** A binary PPM (P6) of 8 bits a colour; undefined where it is something else. */
export function readPpm(file: Uint8Array): Picture | undefined {
  const head = Buffer.from(file.subarray(0, 64)).toString("latin1");
  const [whole, width, height] = /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(head) ?? [];
  if (whole === undefined) return undefined;
  const picture = { width: Number(width), height: Number(height), pixels: file.subarray(whole.length) };
  return picture.pixels.length < picture.width * picture.height * 3 ? undefined : picture;
}

/** No wider than that: each new pixel is the mean of those it stands for. */
export function shrink(picture: Picture, most: number): Picture {
  if (picture.width <= most) return picture;
  const width = most;
  const height = Math.max(1, Math.round((picture.height * most) / picture.width));
  const pixels = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const rows = span(y, height, picture.height);
    for (let x = 0; x < width; x++) {
      const columns = span(x, width, picture.width);
      pixels.set(mean(picture, columns, rows), (y * width + x) * 3);
    }
  }
  return { width, height, pixels };
}

type Span = readonly [from: number, to: number];

/** Which of the old pixels a new one stands for, at the least one. */
function span(place: number, now: number, before: number): Span {
  const from = Math.floor((place * before) / now);
  return [from, Math.max(from + 1, Math.floor(((place + 1) * before) / now))];
}

function mean({ width, pixels }: Picture, [left, right]: Span, [top, bottom]: Span): number[] {
  const sums = [0, 0, 0];
  for (let y = top; y < bottom; y++)
    for (let at = (y * width + left) * 3; at < (y * width + right) * 3; at += 3)
      for (let colour = 0; colour < 3; colour++) sums[colour]! += pixels[at + colour]!;
  const count = (right - left) * (bottom - top);
  return sums.map((sum) => Math.round(sum / count));
}

export function writePng({ width, height, pixels }: Picture): Uint8Array {
  // Each line begins with its filter: none.
  const lines = Buffer.alloc(height * (width * 3 + 1));
  for (let y = 0; y < height; y++)
    lines.set(pixels.subarray(y * width * 3, (y + 1) * width * 3), y * (width * 3 + 1) + 1);
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  // 8 bits, true colour; deflate, the one set of filters, not interlaced.
  head.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", head),
    chunk("IDAT", deflateSync(lines)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(type: string, content: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), content]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}
