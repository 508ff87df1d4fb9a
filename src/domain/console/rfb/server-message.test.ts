import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { hasCode } from "#contract/errors";
import { ByteReader } from "./byte-reader.ts";
import { encoding } from "./encodings.ts";
import { readPixelFormat, type PixelFormat } from "./pixel-format.ts";
import { rectangleHead } from "./rectangle.ts";
import { longestServerMessage, serverMessage, writeUpdate, type ServerMessage } from "./server-message.ts";
import { compactLength, isLossy } from "./tight.ts";

/** 32 bits, of which 24 count; and 16 bits. */
const formats = [
  [32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0],
  [16, 16, 0, 1, 0, 31, 0, 63, 0, 31, 11, 5, 0, 0, 0, 0],
].map((bytes) => readPixelFormat(Buffer.from(bytes), "it"));

const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const side = fc.integer({ min: 1, max: 40 });

const long = (length: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(length);
  return bytes;
};
const joined = (...parts: readonly Uint8Array[]): Buffer => Buffer.concat(parts);

const deflated = (bytes: number) =>
  bytes < 12
    ? bytesOf(bytes).map((data) => Buffer.from(data))
    : fc.uint8Array({ maxLength: 20_000 }).map((data) => joined(compactLength(data.length), data));

function tight(width: number, height: number, { tightPixel }: PixelFormat): fc.Arbitrary<Buffer> {
  const reset = fc.integer({ min: 0, max: 15 });
  const stream = fc.integer({ min: 0, max: 3 });
  const basic = (filter: number, extra: fc.Arbitrary<Buffer>) =>
    fc
      .tuple(reset, stream, extra)
      .map(([bits, id, rest]) => joined(Buffer.of(bits | (id << 4) | 0x40, filter), rest));
  const palette = fc.integer({ min: 2, max: 256 }).chain((colours) => {
    const row = colours === 2 ? Math.ceil(width / 8) : width;
    return fc
      .tuple(bytesOf(colours * tightPixel), deflated(row * height))
      .map(([table, data]) => joined(Buffer.of(colours - 1), table, data));
  });
  const picture = fc.uint8Array({ maxLength: 20_000 });
  return fc.oneof(
    fc.tuple(reset, bytesOf(tightPixel)).map(([bits, colour]) => joined(Buffer.of(0x80 | bits), colour)),
    fc
      .tuple(fc.constantFrom(0x90, 0xa0), reset, picture)
      .map(([kind, bits, data]) => joined(Buffer.of(kind | bits), compactLength(data.length), data)),
    fc
      .tuple(reset, stream, deflated(width * height * tightPixel))
      .map(([bits, id, data]) => joined(Buffer.of(bits | (id << 4)), data)),
    basic(0, deflated(width * height * tightPixel)),
    basic(2, deflated(width * height * tightPixel)),
    basic(1, palette),
  );
}

function hextile(width: number, height: number, { pixel }: PixelFormat): fc.Arbitrary<Buffer> {
  const tiles: fc.Arbitrary<Buffer>[] = [];
  for (let y = 0; y < height; y += 16)
    for (let x = 0; x < width; x += 16) {
      const size = Math.min(16, width - x) * Math.min(16, height - y);
      tiles.push(
        fc.integer({ min: 0, max: 31 }).chain((kind) => {
          if (kind & 1) return bytesOf(size * pixel).map((data) => joined(Buffer.of(kind), data));
          const colours = bytesOf((kind & 2 ? pixel : 0) + (kind & 4 ? pixel : 0));
          const count = fc.integer({ min: 0, max: 20 });
          const rest = kind & 8 ? count : fc.constant(-1);
          return fc.tuple(colours, rest).chain(([fixed, many]) => {
            if (many < 0) return fc.constant(joined(Buffer.of(kind), fixed));
            return bytesOf(many * (2 + (kind & 16 ? pixel : 0))).map((list) =>
              joined(Buffer.of(kind), fixed, Buffer.of(many), list),
            );
          });
        }),
      );
    }
  return fc.tuple(...tiles).map((all) => joined(...all));
}

function content(number: number, width: number, height: number, format: PixelFormat): fc.Arbitrary<Buffer> {
  const exactly = (length: number) => bytesOf(length).map((data) => Buffer.from(data));
  const counted = fc.uint8Array({ maxLength: 5000 }).map((data) => joined(long(data.length), data));
  const mask = Math.ceil(width / 8) * height;
  switch (number) {
    case encoding.raw:
      return exactly(width * height * format.pixel);
    case encoding.copyRect:
      return exactly(4);
    case encoding.hextile:
      return hextile(width, height, format);
    case encoding.tight:
    case encoding.tightPng:
      return tight(width, height, format);
    case encoding.zlib:
    case encoding.zrle:
    case encoding.desktopName:
      return counted;
    case encoding.cursor:
      return exactly(width * height * format.pixel + mask);
    case encoding.xCursor:
      return exactly(6 + 2 * mask);
    case encoding.alphaCursor:
      return exactly(4 + width * height * 4);
    case encoding.extendedDesktopSize:
      return fc
        .integer({ min: 0, max: 4 })
        .chain((count) => bytesOf(count * 16).map((data) => joined(Buffer.of(count, 0, 0, 0), data)));
    case encoding.qemuLed:
      return exactly(1);
    default:
      return fc.constant(Buffer.alloc(0));
  }
}

const known = Object.entries(encoding)
  .filter(([name]) => !/quality|compress|lastRect|xvp|pixelFormatChange/i.test(name))
  .map(([, number]) => number);

const anyRectangle = (format: PixelFormat) =>
  fc.tuple(fc.constantFrom(...known), side, side).chain(([number, width, height]) =>
    content(number, width, height, format).map((body) => ({
      number,
      bytes: joined(rectangleHead({ x: 1, y: 2, width, height }, number), body),
    })),
  );

async function readAll(bytes: Buffer, cut: number, format: PixelFormat): Promise<ServerMessage> {
  const reader = new ByteReader("QEMU");
  const message = reader.read(
    serverMessage(() => format),
    longestServerMessage,
  );
  message.catch(() => undefined);
  for (let at = 0; at < bytes.length; at += cut) reader.push(bytes.subarray(at, at + cut));
  reader.fail(new RangeError("it wants more"));
  const read = await message;
  assert.equal(reader.unread, 0, "all of it was read");
  return read;
}

describe("an update of QEMU's", () => {
  it("ends where it ends, in every encoding, and is written as it was", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc
          .constantFrom(...formats)
          .chain((format) =>
            fc.tuple(fc.constant(format), fc.array(anyRectangle(format), { minLength: 1, maxLength: 5 })),
          ),
        fc.integer({ min: 1, max: 3000 }),
        async ([format, rectangles], cut) => {
          const bytes = joined(Buffer.of(0, 0, 0, rectangles.length), ...rectangles.map((one) => one.bytes));
          const message = await readAll(bytes, cut, format);
          assert.ok(message.kind === "update");
          assert.deepEqual(
            message.rectangles.map((one) => one.encoding),
            rectangles.map((one) => one.number),
          );
          assert.ok(writeUpdate(message.rectangles).equals(bytes));
        },
      ),
    );
  });

  it("ends with the last rectangle where it does not say how many there are", async () => {
    const area = { x: 0, y: 0, width: 0, height: 0 };
    const bytes = joined(
      Buffer.of(0, 0, 0xff, 0xff),
      rectangleHead(area, encoding.desktopSize),
      rectangleHead(area, encoding.lastRect),
    );
    const message = await readAll(bytes, 7, formats[0]!);
    assert.ok(message.kind === "update" && message.rectangles.length === 1);
  });

  it("is refused where nobody knows how long it is", async () => {
    const area = { x: 0, y: 0, width: 1, height: 1 };
    for (const body of [
      rectangleHead(area, 4711),
      joined(rectangleHead(area, encoding.tight), Buffer.of(0xb0)),
      joined(rectangleHead(area, encoding.tight), Buffer.of(0x40, 3)),
    ]) {
      const bytes = joined(Buffer.of(0, 0, 0, 1), body);
      await assert.rejects(readAll(bytes, 99, formats[0]!), (error) => hasCode(error, "console.protocol"));
    }
  });
});

describe("what else QEMU says", () => {
  it("is passed on as it is", async () => {
    const text = joined(Buffer.of(3, 0, 0, 0), long(5), Buffer.from("hello"));
    for (const bytes of [
      Buffer.of(2),
      text,
      Buffer.of(250, 0, 1, 1),
      joined(Buffer.of(1, 0, 0, 0, 0, 1), Buffer.alloc(6)),
    ]) {
      const message = await readAll(bytes, 3, formats[0]!);
      assert.ok(message.kind === "other" && message.bytes.equals(bytes));
    }
  });

  it("has the samples where it is sound", async () => {
    assert.deepEqual(await readAll(Buffer.of(255, 1, 0, 1), 2, formats[0]!), { kind: "sound" });
    const data = Buffer.of(1, 2, 3);
    const bytes = joined(Buffer.of(255, 1, 0, 2), long(3), data);
    assert.deepEqual(await readAll(bytes, 2, formats[0]!), { kind: "sound", data });
  });
});

describe("a rectangle in Tight", () => {
  it("is inexact where it is a JPEG", () => {
    assert.equal(isLossy(Buffer.of(0x95)), true);
    for (const kind of [0x00, 0x70, 0x80, 0xa0]) assert.equal(isLossy(Buffer.of(kind)), false);
  });
});
