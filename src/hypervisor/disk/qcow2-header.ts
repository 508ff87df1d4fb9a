/**
 * Reads a qcow2 header without trusting it (QEMU's docs/interop/qcow2.txt). What it names is reported and
 * never opened: a file from elsewhere can name any file of this host as its backing or data file.
 */

export interface Qcow2Header {
  readonly virtualSize: number;
  readonly encrypted: boolean;
  readonly corrupt: boolean;
  /** The backing file's name as it stands in the header. */
  readonly backing?: string;
  readonly backingFormat?: string;
  /** The name of the file that has the data, or "" where the header does not say it. */
  readonly dataFile?: string;
  /** Where its encryption has its header: bytes from the file's beginning. */
  readonly encryptionHeader?: { readonly offset: number; readonly length: number };
}

export const qcow2Magic = Buffer.from([0x51, 0x46, 0x49, 0xfb]);

/** Bytes of a file in which its header and what that names lie. */
export const headLength = 65_536;

const corruptBit = 1n << 1n;
const dataFileBit = 1n << 2n;
const extensions = {
  end: 0,
  backingFormat: 0xe2792aca,
  dataFile: 0x44415441,
  encryption: 0x0537be77,
} as const;

/**
 * @param head the file's first 64 KiB, or all of it where it is shorter.
 * @returns undefined where this is no qcow2 of version 2 or 3, or a broken one.
 */
export function parseQcow2(head: Buffer): Qcow2Header | undefined {
  if (head.length < 72 || !head.subarray(0, 4).equals(qcow2Magic)) return undefined;
  const version = head.readUInt32BE(4);
  if (version !== 2 && version !== 3) return undefined;
  if (version === 3 && head.length < 104) return undefined;
  const virtualSize = Number(head.readBigUInt64BE(24));
  if (!Number.isSafeInteger(virtualSize)) return undefined;
  const incompatible = version === 3 ? head.readBigUInt64BE(72) : 0n;
  const headerLength = version === 3 ? head.readUInt32BE(100) : 72;
  const found = readExtensions(head, headerLength);
  if (!found) return undefined;
  const backing = readBacking(head);
  if (backing === undefined) return undefined;
  const hasDataFile = (incompatible & dataFileBit) !== 0n || found.dataFile !== undefined;
  return {
    virtualSize,
    encrypted: head.readUInt32BE(32) !== 0,
    corrupt: (incompatible & corruptBit) !== 0n,
    ...(backing === "" ? {} : { backing }),
    ...(found.backingFormat === undefined ? {} : { backingFormat: found.backingFormat }),
    ...(found.encryptionHeader === undefined ? {} : { encryptionHeader: found.encryptionHeader }),
    ...(hasDataFile ? { dataFile: found.dataFile ?? "" } : {}),
  };
}

/** The backing file's name; "" where there is none, undefined where it lies outside the head. */
function readBacking(head: Buffer): string | undefined {
  const offset = head.readBigUInt64BE(8);
  if (offset === 0n) return "";
  const length = head.readUInt32BE(16);
  const end = offset + BigInt(length);
  if (length === 0 || length > 1023 || end > BigInt(head.length)) return undefined;
  return head.toString("utf8", Number(offset), Number(end));
}

interface Extensions {
  backingFormat?: string;
  dataFile?: string;
  encryptionHeader?: { readonly offset: number; readonly length: number };
}

/** Walks the header extensions: {u32 type, u32 length, data padded to 8}. Undefined where they are broken. */
function readExtensions(head: Buffer, start: number): Extensions | undefined {
  const found: Extensions = {};
  for (let at = start; at + 8 <= head.length;) {
    const type = head.readUInt32BE(at);
    const length = head.readUInt32BE(at + 4);
    if (type === extensions.end) return found;
    if (length > head.length - at - 8) return undefined;
    const text = head.toString("utf8", at + 8, at + 8 + length);
    if (type === extensions.backingFormat) found.backingFormat = text;
    if (type === extensions.dataFile) found.dataFile = text;
    if (type === extensions.encryption && length >= 16) {
      const [offset, size] = [head.readBigUInt64BE(at + 8), head.readBigUInt64BE(at + 16)];
      found.encryptionHeader = { offset: Number(offset), length: Number(size) };
    }
    at += 8 + Math.ceil(length / 8) * 8;
  }
  return found;
}
