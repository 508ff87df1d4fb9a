/** What a disk image is and how large, found without trusting it. */
import { open } from "node:fs/promises";
import { resolve } from "node:path";
import { LodgeError } from "#contract/errors";
import { qemuImg } from "./qemu-img.ts";
import type { ByteSource, Firmware } from "./byte-source.ts";
import { packedAs } from "./packed.ts";
import { readPartitionTable } from "./partition-table.ts";
import { type ImageFormat, sniff, type Sniffed } from "./sniff.ts";

/** Bytes that a disk taken in may have at most, whatever its file says: 16 TiB, as long as a file of ext4's can be. */
export const largestDisk = 2 ** 44;

export interface DiskInfo extends Sniffed {
  /** Bytes that a guest sees. */
  readonly virtualSize: number;
  /** Bytes that the file takes on the host's disk. */
  readonly actualSize: number;
}

/** What qemu-img calls each format. */
export const qemuFormats: Readonly<Record<ImageFormat, string>> = {
  qcow2: "qcow2",
  raw: "raw",
  vmdk: "vmdk",
  vhd: "vpc",
  vhdx: "vhdx",
  vdi: "vdi",
  iso: "raw",
};

/**
 * Inspects the image `path`. Other files that it names are reported (`unsafe`, `backing`), not opened.
 *
 * @throws LodgeError image.unreadable, image.unknown_format, image.packed, image.too_large; image.unsafe where QEMU
 *   rejects what only it can read.
 */
export async function inspect(path: string): Promise<DiskInfo> {
  const { found: sniffed, actualSize } = await readFrom(path, async (source) => {
    const found = await sniff(source);
    const packed = found ? undefined : packedAs(await source.read(0, 4096));
    if (packed) throw new LodgeError("image.packed", { path, ...packed });
    return found;
  });
  if (!sniffed) throw new LodgeError("image.unknown_format", { path });
  const virtualSize = sniffed.virtualSize ?? (await askQemu(path, sniffed.format));
  if (virtualSize > largestDisk) throw new LodgeError("image.too_large", { path, limit: "16 TiB" });
  return { ...sniffed, actualSize, virtualSize };
}

/**
 * What can boot a disk that is known to be raw. Its content is a guest's: one that begins as another format's
 * header does is a raw disk all the same. Without a partition table it can only be a BIOS.
 *
 * @throws LodgeError image.unreadable
 */
export async function rawFirmware(path: string): Promise<readonly Firmware[]> {
  const { found: table } = await readFrom(path, readPartitionTable);
  return table?.firmware ?? ["bios"];
}

async function readFrom<T>(
  path: string,
  look: (source: ByteSource) => Promise<T>,
): Promise<{ found: T; actualSize: number }> {
  try {
    await using file = await open(path, "r");
    const { size, blocks } = await file.stat();
    const read = async (offset: number, length: number) => {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset);
      return buffer.subarray(0, bytesRead);
    };
    return { found: await look({ size, read }), actualSize: blocks * 512 };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === undefined || error instanceof LodgeError) throw error;
    const reason = {
      ENOENT: "there is no such file",
      EACCES: "Lodge may not read it",
      EISDIR: "it is a folder",
    }[code];
    throw new LodgeError("image.unreadable", { path, reason: reason ?? code }, { cause: error });
  }
}

/** The virtual size as QEMU reads it, of a format that names no other files. */
async function askQemu(path: string, format: ImageFormat): Promise<number> {
  const args = ["info", "--output=json", "--force-share", "-f", qemuFormats[format], resolve(path)];
  try {
    const { stdout } = await qemuImg(args, { read: [path] });
    return (JSON.parse(stdout) as { "virtual-size": number })["virtual-size"];
  } catch (error) {
    if (!(error instanceof LodgeError) || error.code !== "host.command_failed") throw error;
    throw new LodgeError(
      "image.unsafe",
      { path, reason: "QEMU cannot read it" },
      { cause: error, detail: error.detail },
    );
  }
}
