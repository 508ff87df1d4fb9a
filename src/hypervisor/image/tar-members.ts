/**
 * The members of a tar archive that a stranger made (POSIX.1-1988's ustar, which OVAs are): their names and where their
 * bytes lie. Nothing is unpacked, so no name leads anywhere; whatever is no plain file with a plain name is refused.
 */
import type { FileHandle } from "node:fs/promises";

export interface Member {
  readonly name: string;
  /** Bytes from the archive's beginning. */
  readonly offset: number;
  readonly size: number;
}

/** Why it is not read. */
export class TarTrouble extends Error {}

const block = 512;
/** A machine has a description, checksums and some disks. */
const mostMembers = 64;

/** Does it begin like one? */
export const looksLikeTar = (head: Buffer): boolean => head.toString("latin1", 257, 262) === "ustar";

/** @throws TarTrouble */
export async function tarMembers(file: FileHandle): Promise<Member[]> {
  const { size: whole } = await file.stat();
  const found: Member[] = [];
  for (let at = 0; at + block <= whole;) {
    const { buffer: header } = await file.read(Buffer.alloc(block), 0, block, at);
    if (header.every((byte) => byte === 0)) break;
    const { name, size } = memberOf(header);
    const offset = at + block;
    if (offset + size > whole) throw new TarTrouble(`it ends within ${name}`);
    if (found.some((other) => other.name === name)) throw new TarTrouble(`${name} is in it twice`);
    if (found.push({ name, offset, size }) > mostMembers) throw new TarTrouble("too many files are in it");
    at = offset + Math.ceil(size / block) * block;
  }
  return found;
}

function memberOf(header: Buffer): Pick<Member, "name" | "size"> {
  if (!looksLikeTar(header) || !sumsUp(header)) throw new TarTrouble("it is damaged");
  const text = (from: number, length: number) =>
    header.toString("utf8", from, from + length).replace(/\0.*$/s, "");
  const prefix = header[262] === 0x20 ? "" : text(345, 155);
  const name = text(0, 100).replace(/^\.\//, "");
  if (prefix !== "" || !/^[^/\\\p{Cc}\ufffd]+$/u.test(name) || /^\.{1,2}$/.test(name))
    throw new TarTrouble("a name in it is not that of a plain file");
  const kind = String.fromCharCode(header[156]!);
  if (kind !== "0" && kind !== "\0") throw new TarTrouble(`${name} in it is no plain file`);
  return { name, size: sizeOf(header) };
}

/** The sum of all bytes, those of the sum itself taken for spaces. */
function sumsUp(header: Buffer): boolean {
  let sum = 0;
  for (const [at, byte] of header.entries()) sum += at >= 148 && at < 156 ? 0x20 : byte;
  return (
    Number.parseInt(
      header
        .toString("latin1", 148, 156)
        .replace(/[\0 ]+$/, "")
        .trim(),
      8,
    ) === sum
  );
}

/** In octal digits, or of what is larger than those can say (GNU's way) the number itself. */
function sizeOf(header: Buffer): number {
  const field = header.subarray(124, 136);
  const size =
    field[0] === 0x80
      ? Number(field.readBigUInt64BE(4))
      : Number.parseInt(
          field
            .toString("latin1")
            .replace(/[\0 ]+$/, "")
            .trim() || "0",
          8,
        );
  if (!Number.isSafeInteger(size) || size < 0) throw new TarTrouble("it is damaged");
  return size;
}
