/** Reads MBR and GUID partition tables, as far as they tell what a disk can be booted with. */
import type { ByteSource, Firmware } from "./byte-source.ts";

export interface PartitionTable {
  readonly kind: "gpt" | "mbr";
  /** Firmware that finds a boot loader here. Empty where the disk has none. */
  readonly firmware: readonly Firmware[];
}

const biosBootType = "4861682149646f6e744e656564454649";
const efiSystemType = "28732ac11ff8d211ba4b00a0c93ec93b";
const efiSystemMbrType = 0xef;

/** The table of a disk; undefined where there is none. Sectors are 512 bytes, or 4096. */
export async function readPartitionTable(source: ByteSource): Promise<PartitionTable | undefined> {
  const mbr = await source.read(0, 512);
  if (mbr.length < 512 || mbr.readUInt16LE(510) !== 0xaa55) return undefined;
  for (const sectorSize of [512, 4096]) {
    const header = await source.read(sectorSize, 92);
    if (header.length === 92 && header.toString("latin1", 0, 8) === "EFI PART") {
      return { kind: "gpt", firmware: await gptFirmware(source, sectorSize, header, mbr) };
    }
  }
  return mbrTable(mbr);
}

/** Does the boot sector begin with code? Tools that write no boot loader leave it zero. */
const hasBootCode = (mbr: Buffer): boolean => mbr.subarray(0, 440).some((byte) => byte !== 0);

async function gptFirmware(
  source: ByteSource,
  sectorSize: number,
  header: Buffer,
  mbr: Buffer,
): Promise<Firmware[]> {
  const at = Number(header.readBigUInt64LE(72)) * sectorSize;
  const count = Math.min(header.readUInt32LE(80), 128);
  const size = header.readUInt32LE(84);
  if (!Number.isSafeInteger(at) || size < 128 || size > 4096) return [];
  const entries = await source.read(at, count * size);
  const types = new Set<string>();
  for (let entry = 0; entry + 16 <= entries.length; entry += size)
    types.add(entries.toString("hex", entry, entry + 16));
  const bios = types.has(biosBootType) || hasBootCode(mbr);
  return [...(bios ? (["bios"] as const) : []), ...(types.has(efiSystemType) ? (["uefi"] as const) : [])];
}

/** An MBR has four entries of 16 bytes at 446: status, …, type at 4, first sector at 8, sectors at 12. */
function mbrTable(mbr: Buffer): PartitionTable | undefined {
  const entries = [446, 462, 478, 494].map((at) => mbr.subarray(at, at + 16));
  if (entries.some((entry) => entry[0] !== 0 && entry[0] !== 0x80)) return undefined;
  const used = entries.filter((entry) => entry[4] !== 0 && entry.readUInt32LE(12) > 0);
  if (used.length === 0) return undefined;
  const uefi = used.some((entry) => entry[4] === efiSystemMbrType);
  return {
    kind: "mbr",
    firmware: [...(hasBootCode(mbr) ? (["bios"] as const) : []), ...(uefi ? (["uefi"] as const) : [])],
  };
}
