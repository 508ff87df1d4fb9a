/** Reads what firmware can boot a CD, from its boot catalog ("El Torito" 1.0, and UEFI's platform 0xEF). */
import type { ByteSource, Firmware } from "./byte-source.ts";

const sectorSize = 2048;
const bootRecordAt = 17 * sectorSize;
const uefiPlatform = 0xef;

/** Empty where the CD cannot be booted. */
export async function isoFirmware(source: ByteSource): Promise<Firmware[]> {
  const record = await source.read(bootRecordAt, 75);
  if (record.length < 75 || record.toString("latin1", 7, 30) !== "EL TORITO SPECIFICATION") return [];
  const catalog = await source.read(record.readUInt32LE(71) * sectorSize, sectorSize);
  const found = new Set<Firmware>();
  // Entries of 32 bytes: validation (1), its default entry, then section headers (0x90, 0x91 the last) with theirs.
  for (let at = 0; at + 32 <= catalog.length; at += 32) {
    const kind = catalog[at];
    if (kind !== 1 && kind !== 0x90 && kind !== 0x91) continue;
    found.add(catalog[at + 1] === uefiPlatform ? "uefi" : "bios");
  }
  return [...found];
}
