/**
 * A GUID partition table (UEFI specification 2.10, chapter 5), written without any tool, since the
 * disk it goes to is a sparse file. Pure: it makes bytes, the caller writes them.
 *
 * ```
 * LBA 0      protective MBR         LBA 34…     the partitions
 * LBA 1      primary header         last 33     backup entries, then the backup header
 * LBA 2…33   128 entries of 128 B
 * ```
 */
import { crc32 } from "node:zlib";

export const sectorSize = 512;

const entryCount = 128;
const entrySize = 128;
const entrySectors = (entryCount * entrySize) / sectorSize;

/** Partition types, by what they are for. */
export const partitionTypes = {
  biosBoot: "21686148-6449-6E6F-744E-656564454649",
  efiSystem: "C12A7328-F81F-11D2-BA4B-00A0C93EC93B",
  linuxRootAmd64: "4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709",
} as const;

export interface Partition {
  /** From 1: the N in /dev/vdaN. */
  readonly number: number;
  readonly type: string;
  readonly id: string;
  readonly name: string;
  /** First sector and number of sectors. */
  readonly start: number;
  readonly sectors: number;
}

/** A GUID as UEFI stores it: the first three groups little-endian, the rest as written. */
export function guidBytes(guid: string): Buffer {
  const hex = Buffer.from(guid.replaceAll("-", ""), "hex");
  return Buffer.concat([
    hex.subarray(0, 4).reverse(),
    hex.subarray(4, 6).reverse(),
    hex.subarray(6, 8).reverse(),
    hex.subarray(8),
  ]);
}

function entries(partitions: readonly Partition[]): Buffer {
  const table = Buffer.alloc(entryCount * entrySize);
  for (const partition of partitions) {
    const at = (partition.number - 1) * entrySize;
    guidBytes(partition.type).copy(table, at);
    guidBytes(partition.id).copy(table, at + 16);
    table.writeBigUInt64LE(BigInt(partition.start), at + 32);
    table.writeBigUInt64LE(BigInt(partition.start + partition.sectors - 1), at + 40);
    table.write(partition.name.slice(0, 36), at + 56, "utf16le");
  }
  return table;
}

function header(
  diskId: string,
  sectors: number,
  table: Buffer,
  place: { self: number; other: number; entries: number },
): Buffer {
  const bytes = Buffer.alloc(sectorSize);
  bytes.write("EFI PART", 0, "latin1");
  bytes.writeUInt32LE(0x10000, 8);
  bytes.writeUInt32LE(92, 12);
  bytes.writeBigUInt64LE(BigInt(place.self), 24);
  bytes.writeBigUInt64LE(BigInt(place.other), 32);
  bytes.writeBigUInt64LE(BigInt(2 + entrySectors), 40);
  bytes.writeBigUInt64LE(BigInt(sectors - entrySectors - 2), 48);
  guidBytes(diskId).copy(bytes, 56);
  bytes.writeBigUInt64LE(BigInt(place.entries), 72);
  bytes.writeUInt32LE(entryCount, 80);
  bytes.writeUInt32LE(entrySize, 84);
  bytes.writeUInt32LE(crc32(table), 88);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 92)), 16);
  return bytes;
}

/** One entry of type 0xEE over the whole disk, so that what knows only MBRs leaves it alone. */
function protectiveMbr(sectors: number): Buffer {
  const bytes = Buffer.alloc(sectorSize);
  bytes.set([0x00, 0x00, 0x02, 0x00, 0xee, 0xff, 0xff, 0xff], 446);
  bytes.writeUInt32LE(1, 454);
  bytes.writeUInt32LE(Math.min(sectors - 1, 0xffffffff), 458);
  bytes.writeUInt16LE(0xaa55, 510);
  return bytes;
}

/** The two ends of a disk of `sectors` sectors: `head` goes to its beginning, `tail` to its end. */
export function partitionTable(
  diskId: string,
  sectors: number,
  partitions: readonly Partition[],
): { head: Buffer; tail: Buffer } {
  const table = entries(partitions);
  const last = sectors - 1;
  const primary = header(diskId, sectors, table, { self: 1, other: last, entries: 2 });
  const backup = header(diskId, sectors, table, { self: last, other: 1, entries: last - entrySectors });
  return {
    head: Buffer.concat([protectiveMbr(sectors), primary, table]),
    tail: Buffer.concat([table, backup]),
  };
}
