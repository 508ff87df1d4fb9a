import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ByteSource } from "./byte-source.ts";
import { sniff } from "./sniff.ts";

const source = (bytes: Buffer): ByteSource => ({
  size: bytes.length,
  read: async (offset, length) => bytes.subarray(offset, offset + length),
});
const sniffed = (bytes: Buffer) => sniff(source(bytes));

interface Qcow2Options {
  version?: number;
  backing?: string;
  backingLength?: number;
  backingOffset?: bigint;
  incompatible?: bigint;
  encryption?: number;
  extensions?: readonly [type: number, data: string, length?: number][];
  length?: number;
}

function qcow2(options: Qcow2Options = {}): Buffer {
  const bytes = Buffer.alloc(options.length ?? 65536);
  bytes.write("QFI\xfb", 0, "latin1");
  bytes.writeUInt32BE(options.version ?? 3, 4);
  bytes.writeBigUInt64BE(1n << 30n, 24);
  bytes.writeUInt32BE(options.encryption ?? 0, 32);
  bytes.writeBigUInt64BE(options.incompatible ?? 0n, 72);
  bytes.writeUInt32BE(104, 100);
  let at = 104;
  for (const [type, data, length] of options.extensions ?? []) {
    bytes.writeUInt32BE(type, at);
    bytes.writeUInt32BE(length ?? data.length, at + 4);
    bytes.write(data, at + 8);
    at += 8 + Math.ceil(data.length / 8) * 8;
  }
  if (options.backing !== undefined) {
    bytes.writeBigUInt64BE(options.backingOffset ?? 1024n, 8);
    bytes.writeUInt32BE(options.backingLength ?? options.backing.length, 16);
    bytes.write(options.backing, 1024);
  }
  return bytes;
}

function mbr(type: number, status = 0x80): Buffer {
  const bytes = Buffer.alloc(65536);
  bytes.set([status, 0, 0, 0, type, 0, 0, 0, 0, 8, 0, 0, 0, 16, 0, 0], 446);
  bytes.writeUInt16LE(0xaa55, 510);
  return bytes;
}

describe("a qcow2 image", () => {
  it("tells its size", async () => {
    assert.deepEqual(await sniffed(qcow2()), {
      format: "qcow2",
      virtualSize: 2 ** 30,
      encrypted: false,
      corrupt: false,
    });
  });

  it("with a backing file is named and unsafe, whatever the name looks like", async () => {
    for (const backing of ["/etc/shadow", 'json:{"driver":"nbd"}', "nbd://10.0.0.1/x", "../a,b"]) {
      const found = await sniffed(qcow2({ backing, extensions: [[0xe2792aca, "raw"]] }));
      assert.equal(found?.backing, backing);
      assert.equal(found?.backingFormat, "raw");
      assert.equal(found?.unsafe, "it stands on a backing file");
    }
  });

  it("with a data file is unsafe, whether the header names it or only says so", async () => {
    const named = await sniffed(qcow2({ incompatible: 4n, extensions: [[0x44415441, "/dev/sda"]] }));
    assert.equal(named?.dataFile, "/dev/sda");
    assert.equal((await sniffed(qcow2({ extensions: [[0x44415441, "/dev/sda"]] })))?.unsafe, named?.unsafe);
    assert.equal((await sniffed(qcow2({ incompatible: 4n })))?.unsafe, "its data lies in another file");
  });

  it("tells that it is encrypted or marked corrupt", async () => {
    assert.equal((await sniffed(qcow2({ encryption: 2 })))?.encrypted, true);
    assert.equal((await sniffed(qcow2({ incompatible: 2n })))?.corrupt, true);
  });

  it("of version 2 has no feature bits: what lies there is not read as such", async () => {
    const found = await sniffed(qcow2({ version: 2, incompatible: 0n }));
    assert.deepEqual([found?.corrupt, found?.unsafe], [false, undefined]);
  });

  it("with a header that leads outside of itself is none", async () => {
    const hostile: Qcow2Options[] = [
      { version: 1 },
      { version: 4 },
      { backing: "x", backingOffset: 1n << 40n },
      { backing: "x", backingLength: 0xffffffff },
      { backing: "x", backingLength: 0 },
      { extensions: [[0xe2792aca, "raw", 0xffffffff]] },
      { length: 104, extensions: [] },
    ];
    const results = await Promise.all(hostile.map((options) => sniffed(qcow2(options))));
    assert.deepEqual(results.slice(0, 6), Array(6).fill(undefined));
    assert.equal(results[6]?.format, "qcow2");
    assert.equal(await sniffed(qcow2().subarray(0, 40)), undefined);
  });
});

describe("a VMDK image", () => {
  const sparse = (descriptor: string, capacity = 2048n) => {
    const bytes = Buffer.alloc(65536);
    bytes.write("KDMV", 0, "latin1");
    bytes.writeBigUInt64LE(capacity, 12);
    bytes.writeBigUInt64LE(1n, 28);
    bytes.writeBigUInt64LE(20n, 36);
    bytes.write(descriptor, 512);
    return bytes;
  };
  const plain = '# Disk DescriptorFile\nparentCID=ffffffff\ncreateType="monolithicSparse"\n';

  it("in one piece is safe", async () => {
    const found = await sniffed(sparse(plain));
    assert.deepEqual([found?.format, found?.virtualSize, found?.unsafe], ["vmdk", 2048 * 512, undefined]);
  });

  it("that names other files is unsafe", async () => {
    const text = Buffer.from(`# Disk DescriptorFile\nRW 2048 FLAT "/etc/shadow" 0\n`.padEnd(600));
    for (const bytes of [
      text,
      sparse(plain, 0n),
      sparse(plain.replace("monolithicSparse", "monolithicFlat")),
      sparse(plain.replace("ffffffff", "12345678")),
      sparse(`${plain}parentFileNameHint="/etc/shadow"\n`),
    ]) {
      const found = await sniffed(bytes);
      assert.equal(found?.format, "vmdk");
      assert.ok(found?.unsafe);
    }
  });
});

describe("other images", () => {
  it("VHDX and VDI are known by their magic, a VDI's parent is unsafe", async () => {
    const vhdx = Buffer.alloc(4096);
    vhdx.write("vhdxfile");
    assert.equal((await sniffed(vhdx))?.format, "vhdx");
    const vdi = Buffer.alloc(1024);
    vdi.writeUInt32LE(0xbeda107f, 0x40);
    vdi.writeUInt32LE(1, 0x4c);
    vdi.writeBigUInt64LE(4096n, 0x170);
    assert.deepEqual(await sniffed(vdi), {
      format: "vdi",
      virtualSize: 4096,
      encrypted: false,
      corrupt: false,
    });
    vdi[0x1a8] = 1;
    assert.ok((await sniffed(vdi))?.unsafe);
  });

  it("a VHD is known by a footer whose checksum is right, and not by its words alone", async () => {
    const vhd = Buffer.alloc(4096);
    const footer = vhd.subarray(4096 - 512);
    footer.write("conectix");
    footer.writeBigUInt64BE(3584n, 48);
    footer.writeUInt32BE(2, 60);
    assert.equal(await sniffed(vhd), undefined);
    const sum = footer.reduce((total, byte) => total + byte, 0);
    footer.writeUInt32BE(~sum >>> 0, 64);
    assert.deepEqual([(await sniffed(vhd))?.format, (await sniffed(vhd))?.virtualSize], ["vhd", 3584]);
  });

  it("an ISO that is also a disk (isohybrid) is an ISO", async () => {
    const iso = mbr(0x17);
    iso.write("CD001", 32769);
    assert.deepEqual([(await sniffed(iso))?.format, (await sniffed(iso))?.firmware], ["iso", []]);
  });

  it("an ISO's boot catalog tells the firmware", async () => {
    const iso = Buffer.alloc(21 * 2048);
    iso.write("CD001", 32769);
    iso.write("\0CD001\x01EL TORITO SPECIFICATION", 17 * 2048, "latin1");
    iso.writeUInt32LE(20, 17 * 2048 + 71);
    iso[20 * 2048] = 1;
    assert.deepEqual((await sniffed(iso))?.firmware, ["bios"]);
    iso.set([0x91, 0xef], 20 * 2048 + 64);
    assert.deepEqual((await sniffed(iso))?.firmware, ["bios", "uefi"]);
  });

  it("a raw disk is known by its partition table, which tells the firmware", async () => {
    assert.deepEqual((await sniffed(mbr(0x83)))?.firmware, []);
    const bootable = mbr(0x83);
    bootable[0] = 0xeb;
    assert.deepEqual((await sniffed(bootable))?.firmware, ["bios"]);
    assert.deepEqual((await sniffed(mbr(0xef)))?.firmware, ["uefi"]);
  });

  it("anything else is none: text, zeros, nothing, a lone boot signature, a broken table", async () => {
    const lone = Buffer.alloc(512);
    lone.writeUInt16LE(0xaa55, 510);
    for (const bytes of [Buffer.from("hello"), Buffer.alloc(70000), Buffer.alloc(0), lone, mbr(0x83, 7)]) {
      assert.equal(await sniffed(bytes), undefined);
    }
  });
});
