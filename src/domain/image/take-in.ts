/**
 * Takes a disk image or ISO from elsewhere in:
 *
 *   file ── copy ──► source ── told by content, hashed ──► disk.raw | disk.iso
 *
 * All that follows reads the copy, so that nobody can change the file after it was judged. Every disk becomes
 * raw: a raw file has no header that could name other files, and what it boots with can be seen in it.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { rename, rm, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { hasCode, LodgeError } from "#contract/errors";
import { convert } from "#hypervisor/disk/convert";
import { inspect, type DiskInfo } from "#hypervisor/disk/inspect";
import { cloneFile, freeSpace } from "#hypervisor/disk/space";
import type { Made, Workplace } from "./tools.ts";

/** A pipe or a device would be read for ever. */
async function requireFile(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found && !found.isFile())
    throw new LodgeError("image.unreadable", { path, reason: "it is not a file" });
}

/** There may be both the copy and what it is converted into at one time. */
async function requireSpace(folder: string, size: number): Promise<void> {
  if ((await freeSpace(folder)) < 2 * size) throw new LodgeError("host.no_space", { path: folder });
}

/** SHA-256 of a file, in hexadecimal. `onProgress` gets 0 to 1. */
async function sha256Of(
  path: string,
  signal: AbortSignal,
  onProgress: (fraction: number) => void,
): Promise<string> {
  const { size } = await stat(path);
  const hash = createHash("sha256");
  let done = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20, signal })) {
    hash.update(chunk as Buffer);
    done += (chunk as Buffer).length;
    onProgress(done / size);
  }
  return hash.digest("hex");
}

/** @throws LodgeError image.unsafe where the image needs other files, a secret, or a repair. */
function requireSafe(name: string, info: DiskInfo): void {
  const reason =
    info.unsafe ?? (info.encrypted ? "it is encrypted" : info.corrupt ? "it is marked corrupt" : undefined);
  if (reason) throw new LodgeError("image.unsafe", { path: name, reason });
}

/** Firmware that finds a boot loader on a raw disk; BIOS where none does, since a guest must have one. */
async function firmwareOf(disk: string): Promise<Made["firmware"]> {
  try {
    const { partitions } = await inspect(disk);
    return partitions?.firmware.length ? [...partitions.firmware] : ["bios"];
  } catch (error) {
    // A file system without a partition table is a disk too, for who boots it from elsewhere.
    if (!hasCode(error, "image.unknown_format")) throw error;
    return ["bios"];
  }
}

export interface TakeIn {
  readonly path: string;
  /** What to call it in errors, where the path is not the user's own. */
  readonly shownAs?: string;
  readonly sha256?: string;
  /** The file is ours: it is used up instead of copied. */
  readonly owned?: boolean;
}

/**
 * Makes an image of a file. What is in it besides a disk (an agent, cloud-init) cannot be seen from outside:
 * the caller may know better than what is assumed here.
 *
 * @throws LodgeError image.unreadable, image.unknown_format, image.unsafe, image.checksum, host.no_space,
 *   host.command_failed.
 */
export async function takeIn(
  { path, shownAs = path, sha256, owned }: TakeIn,
  place: Workplace,
): Promise<Made> {
  const { folder, signal, progress } = place;
  const source = join(folder, "source");
  await requireFile(path);
  if (!owned) await requireSpace(folder, (await inspect(path)).actualSize);
  progress(0, "Copying");
  if (owned) await rename(path, source);
  else await cloneFile(path, source, signal);
  const info = await inspect(source).catch((error: unknown) => {
    throw hasCode(error, "image.unknown_format")
      ? new LodgeError("image.unknown_format", { path: shownAs })
      : error;
  });
  requireSafe(shownAs, info);
  if (sha256 !== undefined) {
    const actual = await sha256Of(source, signal, (fraction) =>
      progress(0.2 + fraction * 0.2, "Checking its SHA-256"),
    );
    if (actual !== sha256)
      throw new LodgeError("image.checksum", { path: shownAs, actual, expected: sha256 });
  }
  const iso = info.format === "iso";
  const target = join(folder, iso ? "disk.iso" : "disk.raw");
  if (iso || info.format === "raw") await rename(source, target);
  else {
    const onProgress = (fraction: number) => progress(0.4 + fraction * 0.6, `Converting from ${info.format}`);
    await convert(source, info.format, target, "raw", { signal, onProgress });
    await rm(source);
  }
  return {
    path: target,
    kind: iso ? "iso" : "disk",
    format: iso ? "iso" : "raw",
    size: info.virtualSize,
    ...(sha256 !== undefined && { sha256 }),
    agent: "none",
    cloudInit: !iso,
    firmware: iso ? ["bios", "uefi"] : await firmwareOf(target),
    description: `${basename(shownAs)}, ${info.format}`,
  };
}
