import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { hasCode, LodgeError } from "#contract/errors";
import { ByteReader, type Reading } from "./byte-reader.ts";

/** A length and that many bytes. */
function* counted(): Reading<Buffer> {
  return yield (yield 1)[0]!;
}

describe("reading bytes that come in pieces", () => {
  it("gives the same things wherever the pieces end", async () => {
    const things = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 });
    const pieces = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(things, pieces, async (all, lengths) => {
        const bytes = Buffer.concat(all.map((thing) => Buffer.concat([Buffer.of(thing.length), thing])));
        const reader = new ByteReader("it");
        const read = (async () => {
          const found: Buffer[] = [];
          while (found.length < all.length) found.push(await reader.read(counted(), 100));
          return found;
        })();
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          const length = lengths[turn % lengths.length]!;
          reader.push(bytes.subarray(at, at + length));
          at += length;
          if (turn % 3 === 0) await undefined;
        }
        assert.deepEqual(
          (await read).map((one) => [...one]),
          all.map((one) => [...one]),
        );
      }),
    );
  });

  it("takes a long thing byte by byte, in a time that grows as its length does", async () => {
    // Where each byte is a piece of its own, this takes minutes, in which nobody else is served.
    const length = 500_000;
    const reader = new ByteReader("it");
    function* long(): Reading<Buffer> {
      yield 1;
      return yield length - 1;
    }
    const read = reader.read(long(), length);
    for (let at = 0; at < length; at++) reader.push(Buffer.of(at & 0xff));
    const bytes = await read;
    assert.equal(bytes.length, length - 1);
    assert.ok(bytes.every((byte, at) => byte === ((at + 1) & 0xff)));
  });

  it("refuses what is longer than it may be, before it has come", async () => {
    const reader = new ByteReader("it");
    reader.push(Buffer.of(200));
    await assert.rejects(reader.read(counted(), 100), (error) => hasCode(error, "console.protocol"));
  });

  it("reads what had come before the end, and then fails with why it ended", async () => {
    const reader = new ByteReader("it");
    reader.push(Buffer.of(1, 7, 2, 8));
    reader.fail(new LodgeError("host.qemu_gone"));
    assert.deepEqual([...(await reader.read(counted(), 9))], [7]);
    await assert.rejects(reader.read(counted(), 9), (error) => hasCode(error, "host.qemu_gone"));
  });
});
