/**
 * Gives a copy of an encrypted file that holds nothing yet a key of its own: a new master key, and a slot that opens it with
 * the new passphrase. QEMU would measure the processor for seconds, to make guessing slow; a random passphrase
 * of 256 bits needs none of that. Whether it was done right, QEMU finds out whenever it opens the file.
 *
 * The header is LUKS 1's (LUKS On-Disk Format Specification 1.2.3), as QEMU writes it: AES-256 in XTS, SHA-256.
 */
import { createCipheriv, hash, pbkdf2Sync, randomBytes, randomUUID } from "node:crypto";

const magic = Buffer.from("LUKS\xba\xbe", "latin1");
const sector = 512;
const iterations = 1000;
/** Where things are in the header, in bytes. */
const at = {
  cipher: 8,
  mode: 40,
  hash: 72,
  keyBytes: 108,
  digest: 112,
  digestSalt: 132,
  digestIterations: 164,
  uuid: 168,
  slots: 208,
} as const;
/** The same in a slot. */
const inSlot = { active: 0, iterations: 4, salt: 8, material: 40, stripes: 44, length: 48 } as const;
const active = 0xac71f3;
const digestLength = 20;
const saltLength = 32;
const keyLength = 64;

const derive = (passphrase: string | Buffer, salt: Buffer, length: number): Buffer =>
  pbkdf2Sync(passphrase, salt, iterations, length, "sha256");

/**
 * Changes the header in place, which is all of the area that the file has for it.
 * @returns false where it is not as QEMU writes it, and nothing was changed.
 */
export function rekey(area: Buffer, passphrase: string): boolean {
  const text = (from: number) => area.toString("latin1", from, from + 32).replace(/\0.*$/s, "");
  const slot = area.subarray(at.slots, at.slots + inSlot.length);
  const material = slot.readUInt32BE(inSlot.material) * sector;
  const stripes = slot.readUInt32BE(inSlot.stripes);
  const length = keyLength * stripes;
  const known =
    area.subarray(0, magic.length).equals(magic) &&
    [text(at.cipher), text(at.mode), text(at.hash)].join() === "aes,xts-plain64,sha256" &&
    area.readUInt32BE(at.keyBytes) === keyLength &&
    slot.readUInt32BE(inSlot.active) === active &&
    length % sector === 0 &&
    material + length <= area.length;
  if (!known) return false;
  const master = randomBytes(keyLength);
  const digestSalt = randomBytes(saltLength);
  derive(master, digestSalt, digestLength).copy(area, at.digest);
  digestSalt.copy(area, at.digestSalt);
  area.writeUInt32BE(iterations, at.digestIterations);
  area.write(randomUUID(), at.uuid, "latin1");
  const salt = randomBytes(saltLength);
  salt.copy(slot, inSlot.salt);
  slot.writeUInt32BE(iterations, inSlot.iterations);
  encrypted(split(master, stripes), derive(passphrase, salt, keyLength)).copy(area, material);
  return true;
}

/** Spread over so many blocks that none of them may be lost (the specification's AFsplit). */
function split(key: Buffer, stripes: number): Buffer {
  const out = randomBytes(key.length * stripes);
  let block: Buffer = Buffer.alloc(key.length);
  for (let stripe = 0; stripe < stripes - 1; stripe++)
    block = diffused(xor(block, out.subarray(stripe * key.length)));
  xor(block, key).copy(out, (stripes - 1) * key.length);
  return out;
}

const xor = (one: Buffer, other: Buffer): Buffer =>
  Buffer.from(one.map((byte, index) => byte ^ other[index]!));

/** Each piece as long as a hash, by that of its number and itself. */
function diffused(block: Buffer): Buffer {
  const piece = Buffer.alloc(4 + 32);
  for (let from = 0; from < block.length; from += 32) {
    piece.writeUInt32BE(from / 32, 0);
    block.copy(piece, 4, from, from + 32);
    hash("sha256", piece, "buffer").copy(block, from);
  }
  return block;
}

/** Sector by sector, each with its number. */
function encrypted(plain: Buffer, key: Buffer): Buffer {
  const sectors: Buffer[] = [];
  for (let from = 0; from < plain.length; from += sector) {
    const tweak = Buffer.alloc(16);
    tweak.writeUInt32LE(from / sector, 0);
    const cipher = createCipheriv("aes-256-xts", key, tweak);
    sectors.push(cipher.update(plain.subarray(from, from + sector)), cipher.final());
  }
  return Buffer.concat(sectors);
}
