import assert from "node:assert/strict";
import { createDecipheriv, createHash, pbkdf2Sync } from "node:crypto";
import { describe, it } from "node:test";
import { rekey } from "./luks.ts";

const slots = 208;
const stripes = 4000;
const keyLength = 64;

/** A header as QEMU writes it, with nothing right in it but its form. */
function header(): Buffer {
  const area = Buffer.alloc(300_000);
  area.write("LUKS\xba\xbe", 0, "latin1");
  area.writeUInt16BE(1, 6);
  area.write("aes", 8);
  area.write("xts-plain64", 40);
  area.write("sha256", 72);
  area.writeUInt32BE(keyLength, 108);
  area.writeUInt32BE(0xac71f3, slots);
  area.writeUInt32BE(8, slots + 40);
  area.writeUInt32BE(stripes, slots + 44);
  return area;
}

/** The master key that a passphrase opens, by the specification; undefined where it opens none. */
function open(area: Buffer, passphrase: string): string | undefined {
  const bytes = (from: number, length: number) => area.subarray(from, from + length);
  const iterations = area.readUInt32BE(slots + 4);
  const key = pbkdf2Sync(passphrase, bytes(slots + 8, 32), iterations, keyLength, "sha256");
  let block = Buffer.alloc(keyLength);
  const material = bytes(area.readUInt32BE(slots + 40) * 512, keyLength * stripes);
  const plain = Array.from({ length: material.length / 512 }, (_, at) => {
    const tweak = Buffer.alloc(16);
    tweak.writeUInt32LE(at);
    return createDecipheriv("aes-256-xts", key, tweak).update(material.subarray(at * 512, at * 512 + 512));
  });
  const split = Buffer.concat(plain);
  for (let at = 0; at < stripes; at++) {
    block = Buffer.from(block.map((byte, i) => byte ^ split[at * keyLength + i]!));
    if (at === stripes - 1) break;
    block = Buffer.concat(
      [0, 1].map((part) => {
        const number = Buffer.alloc(4);
        number.writeUInt32BE(part);
        return createHash("sha256")
          .update(number)
          .update(block.subarray(part * 32, part * 32 + 32))
          .digest();
      }),
    );
  }
  const digest = pbkdf2Sync(block, bytes(132, 32), area.readUInt32BE(164), 20, "sha256");
  return digest.equals(bytes(112, 20)) ? block.toString("hex") : undefined;
}

describe("a header of LUKS that is given keys of its own", () => {
  it("opens with its passphrase and no other, to another master key each time", () => {
    const [one, two] = [header(), header()];
    assert.ok(rekey(one, "a passphrase") && rekey(two, "a passphrase"));
    const master = open(one, "a passphrase");
    assert.ok(master !== undefined && open(two, "a passphrase") !== undefined);
    assert.notEqual(master, open(two, "a passphrase"));
    assert.equal(open(one, "another"), undefined);
  });

  it("stays as it is where it is another kind of header", () => {
    const other = header();
    other.write("cbc-essiv:sha256", 40);
    const before = Buffer.from(other);
    assert.equal(rekey(other, "a passphrase"), false);
    assert.ok(before.equals(other));
  });
});
