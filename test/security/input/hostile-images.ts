/** Images as nobody honest makes them, byte by byte: their headers point where they should not. */
import { randomBytes } from "node:crypto";

export type Bytes = Buffer<ArrayBuffer>;

const cluster = 65_536;
const KiB = 1024;

export interface Qcow2 {
  readonly virtualSize?: bigint;
  /** The name of another file, and where its bytes lie in the file. */
  readonly backing?: string;
  readonly backingAt?: number;
  /** Bits of incompatible features: 2 is "corrupt", 4 "its data lies in another file". */
  readonly incompatible?: bigint;
  readonly encryption?: number;
  readonly extensions?: readonly (readonly [type: number, data: string])[];
  /** Entries of the first table, and where it lies. */
  readonly l1?: { readonly entries: number; readonly at: bigint };
  readonly refcounts?: { readonly clusters: number; readonly at: bigint };
  readonly snapshots?: number;
  readonly headerLength?: number;
}

export const dataFileExtension = 0x44415441;
export const bitmapsExtension = 0x23852875;
export const backingFormatExtension = 0xe2792aca;

/** A version 3 header as in QEMU's docs/interop/qcow2.txt, with nothing behind it. */
export function qcow2(options: Qcow2 = {}): Bytes {
  const bytes = Buffer.alloc(4 * cluster);
  bytes.write("QFI\xfb", 0, "latin1");
  bytes.writeUInt32BE(3, 4);
  bytes.writeUInt32BE(16, 20);
  bytes.writeBigUInt64BE(options.virtualSize ?? 1n << 26n, 24);
  bytes.writeUInt32BE(options.encryption ?? 0, 32);
  bytes.writeUInt32BE(options.l1?.entries ?? 1, 36);
  bytes.writeBigUInt64BE(options.l1?.at ?? BigInt(3 * cluster), 40);
  bytes.writeBigUInt64BE(options.refcounts?.at ?? BigInt(cluster), 48);
  bytes.writeUInt32BE(options.refcounts?.clusters ?? 1, 56);
  bytes.writeUInt32BE(options.snapshots ?? 0, 60);
  bytes.writeBigUInt64BE(options.incompatible ?? 0n, 72);
  bytes.writeUInt32BE(4, 96);
  const headerLength = options.headerLength ?? 104;
  bytes.writeUInt32BE(headerLength, 100);
  let at = headerLength;
  for (const [type, data] of options.extensions ?? []) {
    bytes.writeUInt32BE(type, at);
    bytes.writeUInt32BE(data.length, at + 4);
    bytes.write(data, at + 8, "latin1");
    at += 8 + Math.ceil(data.length / 8) * 8;
  }
  if (options.backing !== undefined) {
    const backingAt = options.backingAt ?? 2 * KiB;
    bytes.writeBigUInt64BE(BigInt(backingAt), 8);
    bytes.writeUInt32BE(options.backing.length, 16);
    bytes.write(options.backing, backingAt);
  }
  return bytes;
}

/** A sparse VMDK: its description, and where its header says that the description is. */
export function sparseVmdk(
  description: string,
  { at = 1, sectors = 20, capacity = 2048n }: { at?: number; sectors?: number; capacity?: bigint } = {},
): Bytes {
  const bytes = Buffer.alloc(2 * cluster);
  bytes.write("KDMV", 0, "latin1");
  bytes.writeUInt32LE(1, 4);
  bytes.writeUInt32LE(3, 8);
  bytes.writeBigUInt64LE(capacity, 12);
  bytes.writeBigUInt64LE(128n, 20);
  bytes.writeBigUInt64LE(BigInt(at), 28);
  bytes.writeBigUInt64LE(BigInt(sectors), 36);
  bytes.writeUInt32LE(512, 44);
  bytes.writeBigUInt64LE(64n, 48);
  bytes.writeBigUInt64LE(64n, 56);
  bytes.writeBigUInt64LE(128n, 64);
  bytes.write(description, at * 512, "latin1");
  return bytes;
}

export const honestDescription = [
  "# Disk DescriptorFile",
  "version=1",
  "CID=0a0b0c0d",
  "parentCID=ffffffff",
  'createType="monolithicSparse"',
  'RW 2048 SPARSE "disk.vmdk"',
  "",
].join("\n");

/** A VMDK that is a text, which names the files that have the data. */
export const vmdkText = (extent: string): Bytes =>
  Buffer.from(
    honestDescription.replace("monolithicSparse", "monolithicFlat").replace(/RW 2048.*\n/, `${extent}\n`),
  );

/** VirtualBox's, whose parent is named by its UUID. */
export function vdiWithParent(): Bytes {
  const bytes = Buffer.alloc(cluster);
  bytes.writeUInt32LE(0xbeda107f, 0x40);
  bytes.writeUInt32LE(4, 0x4c);
  bytes.writeBigUInt64LE(1n << 26n, 0x170);
  randomBytes(16).copy(bytes, 0x1a8);
  return bytes;
}

/** Microsoft's: a footer that says that it is the difference to a parent. */
export function vhdWithParent(): Bytes {
  const bytes = Buffer.alloc(cluster);
  const footer = bytes.subarray(bytes.length - 512);
  footer.write("conectix");
  footer.writeBigUInt64BE(1n << 26n, 48);
  footer.writeUInt32BE(4, 60);
  footer.writeUInt32BE(~footer.reduce((sum, byte) => sum + byte, 0) >>> 0, 64);
  return bytes;
}

/**
 * A qcow2 that is a compressed bomb: each cluster of its virtual disk is the same few compressed bytes, which
 * become 64 KiB that are not zero. `disk` bytes come of about `disk / 65536 * 8`.
 */
export function compressedBomb(disk: number, deflated: Buffer): Bytes {
  const clusters = disk / cluster;
  const perTable = cluster / 8;
  const tables = Math.ceil(clusters / perTable);
  // header, refcount table, one block of refcounts, L1, the compressed bytes, then the second tables.
  const dataAt = 4 * cluster;
  const bytes = Buffer.alloc((5 + tables) * cluster);
  qcow2({ virtualSize: BigInt(disk), l1: { entries: tables, at: BigInt(3 * cluster) } }).copy(bytes);
  bytes.writeBigUInt64BE(BigInt(2 * cluster), cluster);
  for (let at = 0; at < 5 + tables; at++) bytes.writeUInt16BE(1, 2 * cluster + at * 2);
  deflated.copy(bytes, dataAt);
  // Bit 62: compressed; the sectors behind the first in the bits from 54 on (x = 62 - (16 - 8)).
  const sectors = BigInt(Math.ceil(deflated.length / 512) - 1);
  const entry = (1n << 62n) | (sectors << 54n) | BigInt(dataAt);
  for (let table = 0; table < tables; table++) {
    const at = (5 + table) * cluster;
    bytes.writeBigUInt64BE((1n << 63n) | BigInt(at), 3 * cluster + table * 8);
    for (let index = 0; index < perTable; index++) bytes.writeBigUInt64BE(entry, at + index * 8);
  }
  return bytes;
}
