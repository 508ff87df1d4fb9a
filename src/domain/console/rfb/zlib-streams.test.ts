import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { constants, createDeflate, createInflate, type Deflate, type Inflate } from "node:zlib";
import fc from "fast-check";
import { hasCode } from "#contract/errors";
import { ByteReader } from "./byte-reader.ts";
import { encoding } from "./encodings.ts";
import { readPixelFormat } from "./pixel-format.ts";
import { rectangle, rectangleHead, type Rectangle } from "./rectangle.ts";
import { compactLength } from "./tight.ts";
import { ZlibStreams } from "./zlib-streams.ts";

const format = readPixelFormat(Buffer.from([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0]), "it");

/** What goes through a stream of zlib when so much has gone in. */
function through(stream: Deflate | Inflate, data: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const out: Buffer[] = [];
    const take = (piece: Buffer) => out.push(piece);
    stream.on("data", take).once("error", reject);
    stream.write(data);
    stream.flush(constants.Z_SYNC_FLUSH, () => {
      stream.off("data", take).off("error", reject);
      resolve(Buffer.concat(out));
    });
  });
}

const read = (bytes: Buffer): Promise<Rectangle> => {
  const reader = new ByteReader("QEMU");
  reader.push(bytes);
  const found = reader.read(rectangle(format), 1_000_000);
  reader.fail(new RangeError("it wants more"));
  return found;
};

const area = { x: 0, y: 0, width: 64, height: 8 };

/** A rectangle in Tight through the stream `id`, or in ZRLE. */
function rectangleOf(id: number, data: Buffer): Buffer {
  if (id < 4)
    return Buffer.concat([
      rectangleHead(area, encoding.tight),
      Buffer.of(id << 4),
      compactLength(data.length),
      data,
    ]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  return Buffer.concat([rectangleHead(area, encoding.zrle), length, data]);
}

/** One QEMU's rectangles: through which stream each goes, and what is in it. */
const life = fc.array(
  fc.record({
    id: fc.integer({ min: 0, max: 4 }),
    // Of few values, so that there is something to refer back to.
    content: fc.array(fc.constantFrom(0, 0, 0, 7, 9), { minLength: 20, maxLength: 3000 }),
  }),
  { minLength: 1, maxLength: 5 },
);

describe("a viewer's zlib streams", () => {
  it("go on over any number of QEMUs, without a break that it could notice", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(life, { minLength: 1, maxLength: 4 }), async (lives) => {
        const streams = new ZlibStreams();
        const viewer = Array.from({ length: 5 }, () => createInflate());
        for (const rectangles of lives) {
          streams.anew();
          const qemu = Array.from({ length: 5 }, () => createDeflate());
          for (const { id, content } of rectangles) {
            const sent = Buffer.from(content);
            const passed = streams.goOn(await read(rectangleOf(id, await through(qemu[id]!, sent))));
            // It is a rectangle still, and as long as it says.
            const seen = await read(Buffer.concat([passed.head, ...passed.body]));
            assert.equal(seen.stream, id);
            assert.ok((await through(viewer[id]!, seen.body.at(-1)!)).equals(sent));
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it("are left alone where a rectangle belongs to none", async () => {
    const filled = await read(Buffer.concat([rectangleHead(area, encoding.tight), Buffer.of(0x80, 1, 2, 3)]));
    assert.equal(new ZlibStreams().goOn(filled), filled);
  });

  it("have a beginning, or are refused", async () => {
    const streams = new ZlibStreams();
    const odd = await read(rectangleOf(2, Buffer.alloc(30)));
    assert.throws(
      () => streams.goOn(odd),
      (error) => hasCode(error, "console.protocol"),
    );
  });
});
