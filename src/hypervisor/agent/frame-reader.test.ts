import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { FrameReader, type ReadFrame } from "./frame-reader.ts";
import { encodeFrame, frameType, magic } from "./protocol.ts";

const epoch = 0x01020304;
const welcome = (at = epoch) =>
  Buffer.concat([magic, encodeFrame(frameType.welcome, 0, Buffer.from("hello"), at)]);
const data = (text: string, at = epoch) => encodeFrame(frameType.data, 7, Buffer.from(text), at);
const words = (frames: readonly ReadFrame[]) => frames.map(({ payload }) => payload.toString());

function inPieces(reader: FrameReader, bytes: Buffer, sizes: readonly number[]): ReadFrame[] {
  const frames: ReadFrame[] = [];
  let at = 0;
  for (const size of [...sizes, bytes.length]) {
    frames.push(...reader.push(bytes.subarray(at, at + size)));
    at += size;
  }
  return frames;
}

describe("a frame reader", () => {
  it("finds the same frames however the bytes are cut into pieces", () => {
    const bytes = Buffer.concat([Buffer.from("stale"), welcome(), data("one"), data(""), data("three")]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 40 })), (sizes) => {
        const frames = inPieces(new FrameReader(epoch), bytes, sizes);
        assert.deepEqual(words(frames), ["hello", "one", "", "three"]);
      }),
    );
  });

  it("skips all of an earlier connection, its greeting too", () => {
    const bytes = Buffer.concat([
      welcome(99),
      data("old", 99),
      data("old", 99).subarray(0, 9),
      welcome(),
      data("new"),
    ]);
    assert.deepEqual(words(new FrameReader(epoch).push(bytes)), ["hello", "new"]);
  });

  it("never gives out a frame that was cut and filled up with what came next", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 0, max: 211 }), (length, kept) => {
        const reader = new FrameReader(epoch);
        reader.push(welcome());
        const cut = data("x".repeat(length)).subarray(0, kept);
        const ready = Buffer.concat([magic, encodeFrame(frameType.ready, 0, Buffer.alloc(16), 0)]);
        const whole = kept >= length + 13 ? [frameType.data] : [];
        const frames = [...reader.push(Buffer.concat([cut, ready])), ...reader.rescan()];
        assert.deepEqual(
          frames.map(({ type }) => type),
          [...whole, frameType.ready],
        );
      }),
    );
  });

  it("says whether something waits for its rest", () => {
    const reader = new FrameReader(epoch);
    reader.push(welcome());
    assert.equal(reader.waiting, false);
    reader.push(data("x").subarray(0, 5));
    assert.equal(reader.waiting, true);
    assert.deepEqual(reader.rescan(), []);
    assert.deepEqual(words(reader.push(data("x").subarray(5))), ["x"]);
  });

  it("takes anything without an error, and stays in reach of the next greeting", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 100 })), (pieces) => {
        const reader = new FrameReader(epoch);
        for (const piece of pieces) assert.deepEqual(reader.push(Buffer.from(piece)), []);
        assert.deepEqual(words([...reader.push(welcome()), ...reader.rescan()]), ["hello"]);
      }),
    );
  });

  it("does not wait for a frame longer than any may be", () => {
    const reader = new FrameReader(epoch);
    reader.push(welcome());
    const huge = Buffer.alloc(9);
    huge.writeUInt32BE(0x7fffffff);
    reader.push(huge);
    assert.equal(reader.waiting, false);
    assert.deepEqual(words(reader.push(welcome())), ["hello"]);
  });
});
