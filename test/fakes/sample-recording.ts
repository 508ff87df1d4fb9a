/** A recording with every kind of rectangle, whose picture at each moment is known. */
import { deflateSync } from "node:zlib";
import { crc32 } from "#contract/recording/crc32";
import { kind, writeJson } from "#contract/recording/format";
import { createSink, RecordingFile } from "#domain/console/recording/recording-file";
import { rectangleHead, type Area } from "#domain/console/rfb/rectangle";
import { compactLength } from "#domain/console/rfb/tight";

export type Colour = readonly [red: number, green: number, blue: number];

const tightPng = -260;

export const filled = (area: Area, colour: Colour): Buffer =>
  Buffer.concat([rectangleHead(area, tightPng), Buffer.of(0x80, ...colour)]);

/** Raw pixels: 0x00RRGGBB, little-endian. */
export function raw(area: Area, [red, green, blue]: Colour): Buffer {
  const pixels = Buffer.alloc(area.width * area.height * 4, Buffer.of(blue, green, red, 0));
  return Buffer.concat([rectangleHead(area, 0), pixels]);
}

/** A PNG of one colour, told pixel by pixel. */
export function picture(area: Area, colour: Colour): Buffer {
  const row = Buffer.concat([Buffer.of(0), Buffer.alloc(area.width * 3, Buffer.from(colour))]);
  const head = Buffer.alloc(13);
  head.writeUInt32BE(area.width, 0);
  head.writeUInt32BE(area.height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const chunk = (type: string, content: Buffer) => {
    const body = Buffer.concat([Buffer.from(type, "latin1"), content]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(content.length, 0);
    frame.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
  };
  const rows = Buffer.concat(Array.from({ length: area.height }, () => row));
  const signature = Buffer.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
  const png = Buffer.concat([
    signature,
    chunk("IHDR", head),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
  return Buffer.concat([rectangleHead(area, tightPng), Buffer.of(0xa0), compactLength(png.length), png]);
}

export function frame(width: number, height: number, rectangles: readonly Buffer[]): Buffer {
  const head = Buffer.alloc(8);
  [width, height, 0, rectangles.length].forEach((value, index) => head.writeUInt16BE(value, index * 2));
  return Buffer.concat([head, ...rectangles]);
}

export const sampleSize = { width: 320, height: 200 };
const step = 100;
const unlimited = { bytes: Infinity, leastFree: 0, free: async () => Infinity };

/** What frame number so-and-so paints its square with: the one at its number, modulo sixteen. */
export const colourAt = (number: number): Colour => [(number * 37) % 256, (number * 91) % 256, 128];

/**
 * Writes one of as many frames, ten a second: each paints one of sixteen squares, by turns as a colour, a PNG and raw
 * pixels. Every 32nd is a key frame. Resolves to its size.
 */
export async function writeSample(path: string, frames: number): Promise<number> {
  const { width, height } = sampleSize;
  const startedAt = "2026-01-02T03:04:05.000Z";
  const head = { guest: "gdb00000000", guestName: "db", startedAt, startedBy: "anna" };
  const file = await RecordingFile.begin(await createSink(path), head, unlimited);
  const square = (index: number): Area => ({ x: (index % 16) * 20, y: 0, width: 20, height: 200 });
  const ways = [filled, picture, raw];
  const painted = (number: number) => ways[number % 3]!(square(number), colourAt(number));
  for (let number = 0; number < frames; number++) {
    const isKey = number % 32 === 0;
    const from = Math.max(0, number - 15);
    const rectangles = isKey
      ? [filled({ x: 0, y: 0, width, height }, [9, 9, 9]), ...range(from, number).map(painted)]
      : [painted(number)];
    await file.append({
      kind: kind.frame,
      time: number * step,
      isKey,
      bytes: frame(width, height, rectangles),
    });
  }
  await file.append({ kind: kind.note, time: frames * step, bytes: writeJson({ is: "away" }) });
  await file.finish(frames * step, "stopped");
  return file.size;
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);
