import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { crc32 as zlibCrc32 } from "node:zlib";
import { hasCode } from "#contract/errors";
import { writeSample } from "../../../test/fakes/sample-recording.ts";
import { crc32 } from "./crc32.ts";
import { blockFrame, kind, trailerLength } from "./format.ts";
import {
  blocksFrom,
  keyFor,
  openRecording,
  readRecordingHead,
  scanBlocks,
  type RecordingSource,
} from "./scan.ts";

const sourceOf = (bytes: Uint8Array): RecordingSource => ({
  size: bytes.length,
  read: async (from, to) => bytes.subarray(from, to),
});

const isDamaged = (error: unknown) => hasCode(error, "recording.damaged");

it("the check is the one that zlib has", () => {
  for (const text of ["", "a", "123456789", "ö".repeat(999)])
    assert.equal(crc32(Buffer.from(text)), zlibCrc32(text));
});

describe("a recording's file", () => {
  let file: Buffer;
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "lodge-recording-"));
    const path = join(folder, "a.lodgerec");
    assert.equal(await writeSample(path, 100), (file = await readFile(path)).length);
  });
  after(() => rm(folder, { recursive: true }));

  const all = async (bytes: Uint8Array) => {
    const source = sourceOf(bytes);
    const { length } = await readRecordingHead(source);
    const blocks = [];
    for await (const block of blocksFrom(source, length)) blocks.push(block);
    return { length, blocks };
  };

  it("says what was written into it, in order", async () => {
    const { head, keys, duration } = await openRecording(sourceOf(file));
    assert.equal(head.guestName, "db");
    assert.equal(duration, 10_000);
    assert.deepEqual(
      keys.map(({ time }) => time),
      [0, 3200, 6400, 9600],
    );
    const { blocks } = await all(file);
    assert.deepEqual(
      blocks.map((block) => block.kind),
      [...Array(100).fill(kind.frame), kind.note, kind.end, kind.index],
    );
    for (const { time, offset } of keys) {
      const block = blocks.find((one) => one.offset === offset);
      assert.ok(block?.isKey);
      assert.equal(block.time, time);
    }
  });

  it("is found the same without its index, wherever it was cut", async () => {
    const { length, blocks } = await all(file);
    const whole = await openRecording(sourceOf(file));
    const cut = sourceOf(file.subarray(0, -trailerLength));
    assert.deepEqual((await openRecording(cut)).keys, whole.keys);
    // Behind each block, within its head, within its bytes, and one byte before its end.
    for (const block of blocks.slice(0, 40))
      for (const end of [block.next, block.next + 5, block.next + blockFrame + 3, block.next - 1]) {
        const found = await scanBlocks(sourceOf(file.subarray(0, end)), length);
        const wholeOnes = blocks.filter(({ next }) => next <= end);
        assert.equal(found.lastWhole, wholeOnes.at(-1)?.next ?? length);
        assert.deepEqual(
          found.keys,
          whole.keys.filter(({ offset }) => wholeOnes.some((one) => one.offset === offset)),
        );
      }
  });

  it("ends for its readers where a byte is another than was written", async () => {
    const { length, blocks } = await all(file);
    const hurt = Buffer.from(file);
    hurt[blocks[50]!.offset + 20]! ^= 1;
    assert.equal((await scanBlocks(sourceOf(hurt), length)).lastWhole, blocks[50]!.offset);
  });

  it("is refused where nothing of it can be shown", async () => {
    const { length } = await all(file);
    const newer = Buffer.from(file);
    newer[9] = 2;
    const hurtHead = Buffer.from(file);
    hurtHead[20]! ^= 1;
    const garbage = Buffer.from(file).fill(0x5a);
    const longHead = Buffer.from(file);
    longHead.writeUInt32BE(0xffff_ffff, 12);
    const empty = file.subarray(0, length);
    for (const bytes of [newer, hurtHead, garbage, longHead, empty, file.subarray(0, 7), Buffer.alloc(0)])
      await assert.rejects(openRecording(sourceOf(bytes)), isDamaged);
  });

  it("has no use for an index that is not one: what is in the file counts", async () => {
    const { keys } = await openRecording(sourceOf(file));
    for (const offset of [0n, 40n, 2n ** 60n]) {
      const lying = Buffer.from(file);
      lying.writeBigUInt64BE(offset, lying.length - trailerLength);
      assert.deepEqual((await openRecording(sourceOf(lying))).keys, keys);
    }
  });

  it("a moment is shown from the key frame before it", () => {
    const keys = [0, 3200, 6400].map((time) => ({ time: time + 50, offset: time }));
    assert.deepEqual(
      [0, 50, 3249, 3250, 99_999].map((time) => keyFor(keys, time)?.offset),
      [0, 0, 0, 3200, 6400],
    );
  });
});
