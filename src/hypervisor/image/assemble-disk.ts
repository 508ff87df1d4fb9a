/**
 * Lays a guest's disk out and writes all of it but the root file system, which mke2fs writes to its
 * place in the same file. Nothing is mounted, and what is not written stays a hole.
 */
import { type FileHandle, open } from "node:fs/promises";
import { fatVolume } from "./fat.ts";
import { type Partition, partitionTable, partitionTypes, sectorSize } from "./gpt.ts";
import { bootSector, coreImage } from "./grub.ts";

const sectorsPerMib = 2 ** 20 / sectorSize;
const biosBoot = { start: sectorsPerMib, sectors: sectorsPerMib };
const efiSystem = { start: 2 * sectorsPerMib, sectors: 64 * sectorsPerMib };
const rootStart = efiSystem.start + efiSystem.sectors;

/** Random names of a disk: GUIDs, and the EFI volume's serial number. */
export interface DiskIds {
  readonly disk: string;
  readonly partitions: { readonly biosBoot: string; readonly efiSystem: string; readonly root: string };
  readonly efiVolume: number;
}

/** The boot code as the guest's own packages have it. */
export interface BootFiles {
  readonly bootImage: Buffer;
  readonly coreImage: Buffer;
  /** Signed by Microsoft: loads what Debian or the owner's key signed. */
  readonly shim: Buffer;
  readonly mokManager: Buffer;
  /** Signed by Debian; reads EFI/debian/grub.cfg on the volume it came from. */
  readonly grub: Buffer;
  /** The file system that has /boot/grub. */
  readonly rootUuid: string;
}

/** Bytes at which the root file system begins, and that it has; the last MiB is the backup table's. */
export function rootPlace(diskSize: number): { offset: number; length: number } {
  const offset = rootStart * sectorSize;
  return { offset, length: diskSize - offset - 2 ** 20 };
}

/** The volume's serial number as /etc/fstab names it. */
export const efiVolumeName = (id: number): string => {
  const hex = id.toString(16).toUpperCase().padStart(8, "0");
  return `${hex.slice(0, 4)}-${hex.slice(4)}`;
};

function partitions(diskSize: number, ids: DiskIds): Partition[] {
  const root = { start: rootStart, sectors: rootPlace(diskSize).length / sectorSize };
  // The root is number 1 and lies last, so that it can grow; the numbers are those of Debian's cloud images.
  return [
    { number: 1, type: partitionTypes.linuxRootAmd64, id: ids.partitions.root, name: "root", ...root },
    {
      number: 14,
      type: partitionTypes.biosBoot,
      id: ids.partitions.biosBoot,
      name: "bios-boot",
      ...biosBoot,
    },
    {
      number: 15,
      type: partitionTypes.efiSystem,
      id: ids.partitions.efiSystem,
      name: "efi-system",
      ...efiSystem,
    },
  ];
}

/** The EFI system partition, with the path that firmware takes where nothing else is set. */
function efiVolume(files: BootFiles, id: number): Buffer {
  const config = Buffer.from(
    `search.fs_uuid ${files.rootUuid} root\nset prefix=($root)'/boot/grub'\nconfigfile $prefix/grub.cfg\n`,
  );
  return fatVolume({
    label: "EFI",
    id,
    size: efiSystem.sectors * sectorSize,
    files: [
      { path: "EFI/BOOT/BOOTX64.EFI", data: files.shim },
      { path: "EFI/BOOT/grubx64.efi", data: files.grub },
      { path: "EFI/BOOT/mmx64.efi", data: files.mokManager },
      { path: "EFI/debian/grub.cfg", data: config },
    ],
  }).front;
}

async function writeAt(file: FileHandle, data: Buffer, position: number): Promise<void> {
  for (let done = 0; done < data.length;) {
    const { bytesWritten } = await file.write(data, done, data.length - done, position + done);
    done += bytesWritten;
  }
}

/** Writes the partition table and the boot code into the disk file `path` of `diskSize` bytes. */
export async function assembleDisk(
  path: string,
  diskSize: number,
  ids: DiskIds,
  files: BootFiles,
): Promise<void> {
  const { head, tail } = partitionTable(ids.disk, diskSize / sectorSize, partitions(diskSize, ids));
  bootSector(files.bootImage, head, biosBoot.start).copy(head);
  await using file = await open(path, "r+");
  await writeAt(file, head, 0);
  await writeAt(
    file,
    coreImage(files.coreImage, biosBoot.start, biosBoot.sectors),
    biosBoot.start * sectorSize,
  );
  await writeAt(file, efiVolume(files, ids.efiVolume), efiSystem.start * sectorSize);
  await writeAt(file, tail, diskSize - tail.length);
  await file.sync();
}
