/** A rectangle of an update, and where it ends: RFC 6143, 7.6.1 and 7.7; QEMU's and others' as they are registered. */
import { LodgeError } from "#contract/errors";
import type { Reading } from "./byte-reader.ts";
import { encoding } from "./encodings.ts";
import { hextile } from "./hextile.ts";
import { formatLength, type PixelFormat } from "./pixel-format.ts";
import { tight } from "./tight.ts";

export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Tight's streams are 0 to 3. */
export const zrleStream = 4;

export interface Rectangle extends Area {
  readonly encoding: number;
  /** Its twelve bytes of head. */
  readonly head: Buffer;
  /** What follows them, in pieces; of Tight the first is the control byte. */
  readonly body: readonly Buffer[];
  /** The zlib stream that it is the next part of, where it is: see zlib-streams.ts. */
  readonly stream?: number;
}

export function* rectangle(format: PixelFormat): Reading<Rectangle> {
  const head = yield 12;
  const area = {
    x: head.readUInt16BE(0),
    y: head.readUInt16BE(2),
    width: head.readUInt16BE(4),
    height: head.readUInt16BE(6),
  };
  const number = head.readInt32BE(8);
  const common = { ...area, encoding: number, head };
  if (number === encoding.tight || number === encoding.tightPng) {
    const { pieces, ...rest } = yield* tight(area.width, area.height, format);
    return { ...common, body: pieces, ...rest };
  }
  const content = yield* body(number, area, format);
  return number === encoding.zrle
    ? { ...common, body: content, stream: zrleStream }
    : { ...common, body: content };
}

/** The head of a rectangle. */
export function rectangleHead({ x, y, width, height }: Area, number: number): Buffer {
  const head = Buffer.alloc(12);
  [x, y, width, height].forEach((value, index) => head.writeUInt16BE(value, index * 2));
  head.writeInt32BE(number, 8);
  return head;
}

function* body(number: number, area: Area, format: PixelFormat): Reading<Buffer[]> {
  const { width, height } = area;
  switch (number) {
    case encoding.raw:
      return yield* some(width * height * format.pixel);
    case encoding.copyRect:
      return [yield 4];
    case encoding.hextile:
      return yield* hextile(width, height, format);
    case encoding.zlib:
    case encoding.zrle:
      return yield* counted();
    case encoding.desktopName:
      return yield* counted();
    case encoding.cursor:
      return yield* some(width * height * format.pixel + Math.ceil(width / 8) * height);
    case encoding.xCursor:
      return yield* some(width * height === 0 ? 0 : 6 + 2 * Math.ceil(width / 8) * height);
    case encoding.alphaCursor:
      return yield* some(4 + width * height * 4);
    case encoding.extendedDesktopSize:
      return yield* screens();
    case encoding.qemuLed:
      return [yield 1];
    case encoding.pixelFormatChange:
      return [yield formatLength];
    case encoding.desktopSize:
    case encoding.lastRect:
    case encoding.qemuPointerChange:
    case encoding.qemuExtendedKey:
    case encoding.qemuAudio:
      return [];
    default:
      throw new LodgeError("console.protocol", { who: "QEMU", reason: `there is no encoding ${number}` });
  }
}

function* some(bytes: number): Reading<Buffer[]> {
  return bytes === 0 ? [] : [yield bytes];
}

/** Four bytes of length, and that many. */
function* counted(): Reading<Buffer[]> {
  const length = yield 4;
  return [length, ...(yield* some(length.readUInt32BE(0)))];
}

/** The number of screens, and 16 bytes on each. */
function* screens(): Reading<Buffer[]> {
  const count = yield 4;
  return [count, ...(yield* some(count[0]! * 16))];
}
