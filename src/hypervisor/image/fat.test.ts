import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fatVolume } from "./fat.ts";

/** Reads a FAT16 volume back, by the specification and not by the writer. */
function readVolume(bytes: Buffer): Record<string, string> {
  const sectorsPerCluster = bytes[13] ?? 0;
  const fatStart = bytes.readUInt16LE(14) * 512;
  const fatSize = bytes.readUInt16LE(22) * 512;
  const rootStart = fatStart + 2 * fatSize;
  const dataStart = rootStart + bytes.readUInt16LE(17) * 32;
  const chain = (first: number): Buffer => {
    const parts: Buffer[] = [];
    for (let at = first; at >= 2 && at < 0xfff8; at = bytes.readUInt16LE(fatStart + at * 2)) {
      const start = dataStart + (at - 2) * sectorsPerCluster * 512;
      parts.push(bytes.subarray(start, start + sectorsPerCluster * 512));
    }
    return Buffer.concat(parts);
  };
  const found: Record<string, string> = {};
  const readFolder = (entries: Buffer, path: string): void => {
    let long = "";
    for (let at = 0; at < entries.length && entries[at] !== 0; at += 32) {
      const entry = entries.subarray(at, at + 32);
      if (entry[11] === 0x0f) {
        const piece = Buffer.concat([entry.subarray(1, 11), entry.subarray(14, 26), entry.subarray(28, 32)]);
        long = piece.toString("utf16le").replace(/\0.*$/s, "") + long;
        continue;
      }
      const short =
        `${entry.toString("latin1", 0, 8).trim()}.${entry.toString("latin1", 8, 11).trim()}`.replace(
          /\.$/,
          "",
        );
      const name = path + (long || short);
      long = "";
      const first = entry.readUInt16LE(26);
      if (entry[11] === 0x20) found[name] = chain(first).subarray(0, entry.readUInt32LE(28)).toString();
      else if (entry[11] === 0x10 && !short.startsWith(".")) readFolder(chain(first), `${name}/`);
    }
  };
  readFolder(bytes.subarray(rootStart, dataStart), "");
  return found;
}

const text = (value: string) => Buffer.from(value);

describe("a FAT16 volume", () => {
  it("gives back its files, in folders, by short names and long ones", () => {
    const big = "0123456789abcdef".repeat(1000);
    const files = {
      "EFI/BOOT/BOOTX64.EFI": "shim",
      "EFI/BOOT/grubx64.efi": big,
      "EFI/debian/grub.cfg": "x",
      "meta-data": "",
      "a name of twenty-six letters": "y",
    };
    const volume = fatVolume({
      label: "EFI",
      id: 1,
      size: 64 * 2 ** 20,
      files: Object.entries(files).map(([path, data]) => ({ path, data: text(data) })),
    });
    assert.deepEqual(readVolume(volume.front), files);
    assert.equal(volume.size, 64 * 2 ** 20);
    assert.ok(volume.front.length < 2 ** 19);
  });

  it("with many files in one folder spreads the folder over clusters", () => {
    const files = Array.from({ length: 100 }, (_, i) => ({
      path: `many/file-number-${i}`,
      data: text(String(i)),
    }));
    const found = readVolume(fatVolume({ label: "x", id: 1, size: 4 * 2 ** 20, files }).front);
    assert.deepEqual(found, Object.fromEntries(files.map(({ path, data }) => [path, data.toString()])));
  });

  it("is a FAT16 to those who count its clusters", () => {
    for (const size of [4, 8, 64, 512].map((mib) => mib * 2 ** 20)) {
      const { front } = fatVolume({ label: "x", id: 1, size, files: [] });
      const data = size / 512 - 1 - 2 * front.readUInt16LE(22) - 32;
      const clusters = Math.floor(data / (front[13] ?? 0));
      assert.ok(clusters >= 4085 && clusters < 65525, `${size}: ${clusters}`);
      assert.ok(front.readUInt16LE(22) * 256 >= clusters + 2);
    }
  });

  it("refuses what does not fit", () => {
    assert.throws(() => fatVolume({ label: "x", id: 1, size: 2 ** 20, files: [] }), RangeError);
    const data = Buffer.alloc(4 * 2 ** 20);
    assert.throws(
      () => fatVolume({ label: "x", id: 1, size: 4 * 2 ** 20, files: [{ path: "a", data }] }),
      RangeError,
    );
  });
});
