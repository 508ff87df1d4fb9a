/**
 * Tells a disk image's format by its content. A file's name proves nothing, and QEMU's own probing opens
 * whatever the file names; this reads a few sectors and opens nothing.
 */
import type { ByteSource, Firmware } from "./byte-source.ts";
import { isoFirmware } from "./el-torito.ts";
import { readPartitionTable } from "./partition-table.ts";
import { parseQcow2, qcow2Magic } from "./qcow2-header.ts";
import { looksLikeVmdk, parseVmdk } from "./vmdk-header.ts";

export type ImageFormat = "qcow2" | "raw" | "vmdk" | "vhd" | "vhdx" | "vdi" | "iso";

export interface Sniffed {
  readonly format: ImageFormat;
  /** Bytes that a guest sees; undefined where only QEMU can tell (vhdx). */
  readonly virtualSize?: number;
  readonly backing?: string;
  readonly backingFormat?: string;
  readonly dataFile?: string;
  readonly encrypted: boolean;
  readonly corrupt: boolean;
  /** Why it is not one self-contained file: "its data lies in other files". */
  readonly unsafe?: string;
  /** Of raw images and ISOs: what can boot them. Empty where nothing can. */
  readonly firmware?: readonly Firmware[];
}

const headSize = 65536;
const isoMagicAt = 32769;
const vdiMagicAt = 0x40;
const plain = { encrypted: false, corrupt: false } as const;

/** What the image is; undefined where its content is none that Lodge knows. */
export async function sniff(source: ByteSource): Promise<Sniffed | undefined> {
  const head = await source.read(0, headSize);
  const starts = (magic: string) => head.toString("latin1", 0, magic.length) === magic;
  if (head.subarray(0, 4).equals(qcow2Magic)) return sniffQcow2(head);
  if (looksLikeVmdk(head)) return { format: "vmdk", ...plain, ...parseVmdk(head) };
  if (starts("vhdxfile")) return { format: "vhdx", ...plain };
  if (head.length >= 512 && head.readUInt32LE(vdiMagicAt) === 0xbeda107f) return sniffVdi(head);
  const vhd = await sniffVhd(source);
  if (vhd) return vhd;
  if (head.toString("latin1", isoMagicAt, isoMagicAt + 5) === "CD001") {
    return { format: "iso", virtualSize: source.size, firmware: await isoFirmware(source), ...plain };
  }
  const table = await readPartitionTable(source);
  return table && { format: "raw", virtualSize: source.size, firmware: table.firmware, ...plain };
}

function sniffQcow2(head: Buffer): Sniffed | undefined {
  const header = parseQcow2(head);
  if (!header) return undefined;
  const unsafe =
    header.dataFile !== undefined
      ? "its data lies in another file"
      : header.backing !== undefined
        ? "it stands on a backing file"
        : undefined;
  return { format: "qcow2", ...header, ...(unsafe && { unsafe }) };
}

/** VirtualBox's header: magic at 0x40, image type at 0x4c, size at 0x170, the parent's UUID at 0x1a8. */
function sniffVdi(head: Buffer): Sniffed {
  const type = head.readUInt32LE(0x4c);
  const differs = (type !== 1 && type !== 2) || head.subarray(0x1a8, 0x1b8).some((byte) => byte !== 0);
  const virtualSize = Number(head.readBigUInt64LE(0x170));
  return { format: "vdi", virtualSize, ...plain, ...(differs && { unsafe: "it stands on a parent image" }) };
}

/**
 * Microsoft's VHD 1.0: a footer of 512 bytes at the end of the file, before which dynamic ones have a copy
 * at the beginning. Type 2 is fixed, 3 dynamic, 4 the difference to a parent.
 */
async function sniffVhd(source: ByteSource): Promise<Sniffed | undefined> {
  if (source.size < 512) return undefined;
  const footer = await source.read(source.size - 512, 512);
  if (footer.length < 512 || footer.toString("latin1", 0, 8) !== "conectix") return undefined;
  let sum = 0;
  for (const [index, byte] of footer.entries()) if (index < 64 || index >= 68) sum += byte;
  if (~sum >>> 0 !== footer.readUInt32BE(64)) return undefined;
  const type = footer.readUInt32BE(60);
  const virtualSize = Number(footer.readBigUInt64BE(48));
  const unsafe = type === 2 || type === 3 ? undefined : "it stands on a parent image";
  return { format: "vhd", virtualSize, ...plain, ...(unsafe && { unsafe }) };
}
