/**
 * Puts GRUB's BIOS boot code into a disk file as grub-bios-setup does on a real disk, but with
 * nothing to probe: the core image lies in one piece at the start of the BIOS boot partition.
 *
 * ```
 * sector 0              boot.img: loads one sector from `kernel_sector`
 * BIOS boot partition   core.img, first sector (diskboot): loads the rest by its block list
 *                       core.img, the rest: finds /boot/grub by the file system's UUID
 * ```
 *
 * Offsets: GRUB's include/grub/i386/pc/boot.h (GRUB_BOOT_MACHINE_*) and grub_boot_blocklist.
 */
import { sectorSize } from "./gpt.ts";

const kernelSector = 0x5c;
const bootDrive = 0x64;
const driveCheck = 0x66;
/** Where boot.img's code ends and the disk's own MBR (signature, table) begins. */
const codeEnd = 0x1b8;
/** The BIOS parameter block: a file system's in a floppy's boot sector, nothing on a disk. */
const parameterBlockEnd = 0x5a;
/** The first block list entry: the last 12 bytes of core.img's first sector, {u64 start, u16 sectors, u16 segment}. */
const blockList = sectorSize - 12;

/**
 * The boot sector: boot.img's code around the partition table of `mbr`, told to load core.img's
 * first sector from `coreSector`.
 */
export function bootSector(bootImage: Buffer, mbr: Buffer, coreSector: number): Buffer {
  if (bootImage.length !== sectorSize)
    throw new RangeError(`boot.img has ${bootImage.length} bytes, not ${sectorSize}`);
  const sector = Buffer.from(mbr.subarray(0, sectorSize));
  bootImage.copy(sector, 0, 0, 3);
  bootImage.copy(sector, parameterBlockEnd, parameterBlockEnd, codeEnd);
  sector.writeBigUInt64LE(BigInt(coreSector), kernelSector);
  // 0xff: boot from the drive the BIOS names; the check for BIOSes that name a wrong one is cut (two NOPs).
  sector[bootDrive] = 0xff;
  sector.fill(0x90, driveCheck, driveCheck + 2);
  return sector;
}

/** core.img, padded to sectors, that finds its own rest behind its first sector at `coreSector`. */
export function coreImage(image: Buffer, coreSector: number, maxSectors: number): Buffer {
  const sectors = Math.ceil(image.length / sectorSize);
  if (sectors < 2) throw new RangeError("core.img has no second sector");
  if (sectors > maxSectors)
    throw new RangeError(`core.img needs ${sectors} sectors, the BIOS boot partition has ${maxSectors}`);
  const padded = Buffer.alloc(sectors * sectorSize);
  image.copy(padded);
  padded.writeBigUInt64LE(BigInt(coreSector + 1), blockList);
  padded.writeUInt16LE(sectors - 1, blockList + 8);
  return padded;
}
