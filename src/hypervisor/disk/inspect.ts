/** What a disk image is and how large, found without trusting it. */
import { open } from "node:fs/promises";
import { resolve } from "node:path";
import { LodgeError } from "#contract/errors";
import { exec } from "#base/exec";
import { type ImageFormat, sniff, type Sniffed } from "./sniff.ts";

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
 * @throws LodgeError image.unreadable, image.unknown_format; image.unsafe where QEMU rejects what only it can read.
 */
export async function inspect(path: string): Promise<DiskInfo> {
  const { sniffed, actualSize } = await sniffFile(path);
  if (!sniffed) throw new LodgeError("image.unknown_format", { path });
  return {
    ...sniffed,
    actualSize,
    virtualSize: sniffed.virtualSize ?? (await askQemu(path, sniffed.format)),
  };
}

async function sniffFile(path: string): Promise<{ sniffed: Sniffed | undefined; actualSize: number }> {
  try {
    await using file = await open(path, "r");
    const { size, blocks } = await file.stat();
    const read = async (offset: number, length: number) => {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset);
      return buffer.subarray(0, bytesRead);
    };
    return { sniffed: await sniff({ size, read }), actualSize: blocks * 512 };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === undefined) throw error;
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
    const { stdout } = await exec("qemu-img", args);
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
