import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { crc32 } from "node:zlib";
import { guidBytes, partitionTable, partitionTypes } from "./gpt.ts";

const id = "01234567-89AB-CDEF-0123-456789ABCDEF";
const sectors = 2 ** 21;
const table = partitionTable(id, sectors, [
  { number: 1, type: partitionTypes.linuxRootAmd64, id, name: "root", start: 4096, sectors: 8192 },
  { number: 15, type: partitionTypes.efiSystem, id, name: "efi-system", start: 2048, sectors: 2048 },
]);

describe("a partition table", () => {
  it("stores a GUID with its first three groups turned round", () => {
    assert.equal(guidBytes(id).toString("hex"), "67452301ab89efcd0123456789abcdef");
  });

  it("fills 34 sectors at the beginning and 33 at the end", () => {
    assert.deepEqual([table.head.length, table.tail.length], [34 * 512, 33 * 512]);
  });

  it("begins with an MBR whose one entry covers the disk", () => {
    assert.equal(table.head.readUInt16LE(510), 0xaa55);
    assert.deepEqual(
      [table.head[450], table.head.readUInt32LE(454), table.head.readUInt32LE(458)],
      [0xee, 1, sectors - 1],
    );
    const huge = partitionTable(id, 2 ** 33, []);
    assert.equal(huge.head.readUInt32LE(458), 0xffffffff);
  });

  it("has two headers that point to each other, with checksums that are right", () => {
    const headers = [table.head.subarray(512, 1024), table.tail.subarray(32 * 512)];
    const entries = [table.head.subarray(1024), table.tail.subarray(0, 32 * 512)];
    for (const [index, header] of headers.entries()) {
      const bytes = Buffer.from(header.subarray(0, 92));
      bytes.writeUInt32LE(0, 16);
      assert.equal(header.readUInt32LE(16), crc32(bytes));
      assert.equal(header.readUInt32LE(88), crc32(entries[index] ?? ""));
      assert.deepEqual(
        [Number(header.readBigUInt64LE(40)), Number(header.readBigUInt64LE(48))],
        [34, sectors - 34],
      );
    }
    const place = headers.map((header) => [24, 32, 72].map((at) => Number(header.readBigUInt64LE(at))));
    assert.deepEqual(place, [
      [1, sectors - 1, 2],
      [sectors - 1, 1, sectors - 33],
    ]);
  });

  it("has each partition at its number, with its last sector included", () => {
    const root = table.head.subarray(1024, 1024 + 128);
    assert.deepEqual(
      [Number(root.readBigUInt64LE(32)), Number(root.readBigUInt64LE(40))],
      [4096, 4096 + 8192 - 1],
    );
    assert.equal(root.toString("utf16le", 56, 64), "root");
    assert.ok(
      table.head
        .subarray(1024 + 14 * 128)
        .subarray(0, 16)
        .equals(guidBytes(partitionTypes.efiSystem)),
    );
    assert.ok(table.head.subarray(1024 + 128, 1024 + 14 * 128).every((byte) => byte === 0));
  });
});
