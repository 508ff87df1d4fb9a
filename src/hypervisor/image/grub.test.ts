import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bootSector, coreImage } from "./grub.ts";

describe("GRUB's boot sector", () => {
  const code = Buffer.alloc(512, 0xc0);
  const mbr = Buffer.alloc(512, 0x11);
  const sector = bootSector(code, mbr, 0x1_0000_0801);

  it("loads the core image from its sector, 64 bits wide", () => {
    assert.equal(sector.readBigUInt64LE(0x5c), 0x1_0000_0801n);
  });

  it("has GRUB's code up to the disk's signature, and the disk's own bytes from there on", () => {
    assert.deepEqual([sector[0], sector[2], sector[0x5a], sector[0x1b7]], [0xc0, 0xc0, 0xc0, 0xc0]);
    assert.deepEqual([sector[0x1b8], sector[511], sector[3], sector[0x59]], [0x11, 0x11, 0x11, 0x11]);
  });

  it("boots from the drive that the BIOS names, without doubting it", () => {
    assert.deepEqual([...sector.subarray(0x64, 0x68)], [0xff, 0xc0, 0x90, 0x90]);
  });

  it("is made of one sector", () => {
    assert.throws(() => bootSector(Buffer.alloc(1024), mbr, 1), RangeError);
  });
});

describe("GRUB's core image", () => {
  const blockList = (image: Buffer) => [
    Number(image.readBigUInt64LE(500)),
    image.readUInt16LE(508),
    image.readUInt16LE(510),
  ];

  it("finds its own rest right behind its first sector, and keeps the segment that grub-mkimage chose", () => {
    const image = Buffer.alloc(1300, 1);
    image.writeUInt16LE(0x820, 510);
    const padded = coreImage(image, 2048, 2048);
    assert.equal(padded.length, 3 * 512);
    assert.deepEqual(blockList(padded), [2049, 2, 0x820]);
    assert.ok(padded.subarray(1300).every((byte) => byte === 0));
  });

  it("must fit into its partition, and have more than one sector", () => {
    assert.doesNotThrow(() => coreImage(Buffer.alloc(2048 * 512), 2048, 2048));
    assert.throws(() => coreImage(Buffer.alloc(2048 * 512 + 1), 2048, 2048), RangeError);
    assert.throws(() => coreImage(Buffer.alloc(512), 2048, 2048), RangeError);
  });
});
