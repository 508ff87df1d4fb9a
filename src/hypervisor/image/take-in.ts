/** Takes a disk image or ISO from elsewhere in: checks it, and makes it one raw file that nobody else wrote. */
import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, link, open, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { hasCode, LodgeError } from "#contract/errors";
import { diskOfOva } from "./ova.ts";

type Format = "qcow2" | "raw" | "vmdk" | "vhd" | "vhdx" | "vdi" | "iso";
type Firmware = "bios" | "uefi";

/** What this needs of disks (hypervisor/disk has it). */
export interface DiskTools {
  inspect(path: string): Promise<{
    readonly format: Format;
    readonly virtualSize: number;
    readonly encrypted: boolean;
    readonly corrupt: boolean;
    readonly unsafe?: string;
    readonly firmware?: readonly Firmware[];
  }>;
  /** What can boot a disk that is known to be raw. */
  rawFirmware(path: string): Promise<readonly Firmware[]>;
  /** Bytes that may still be written in this folder, but for what is kept free for guests. */
  room(folder: string): Promise<number>;
  convert(
    source: string,
    sourceFormat: Format,
    target: string,
    targetFormat: "raw",
    options: { signal?: AbortSignal; onProgress?: (fraction: number) => void },
  ): Promise<void>;
}

/** Where to put the image, and how to tell of it. */
export interface Workplace {
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly progress: (fraction: number | undefined, message: string) => void;
}

export interface TakenIn {
  /** The image: `disk.raw` or `disc.iso` in the workplace. */
  readonly path: string;
  readonly kind: "disk" | "iso";
  readonly format: "raw" | "iso";
  /** Bytes that a guest sees. */
  readonly size: number;
  readonly firmware: Firmware[];
  /** What the machine had that it comes from, where that is known: processors, and bytes of memory. */
  readonly cpus?: number;
  readonly memory?: number;
}

/**
 * Makes an image of `file`, which lies in the workplace and is used up. `name` is what errors call it.
 *
 * @throws LodgeError image.ova, image.unknown_format, image.packed, image.too_large, image.unsafe, host.no_space; the signal's
 *   reason when aborted.
 */
export async function takeIn(
  disk: DiskTools,
  file: string,
  name: string,
  place: Workplace,
): Promise<TakenIn> {
  const inner = join(place.folder, "from-ova");
  const machine = await diskOfOva(file, name, inner, {
    signal: place.signal,
    progress: (fraction, message) => place.progress(fraction && fraction * 0.4, message),
    requireRoom: () => requireRoom(disk, place),
  });
  if (!machine) return takeInDisk(disk, file, name, place);
  await rm(file);
  const { disk: member, firmware, ...suggested } = machine;
  const progress: Workplace["progress"] = (fraction, message) =>
    place.progress(fraction && 0.4 + fraction * 0.6, message);
  const taken = await takeInDisk(disk, inner, `${member} in ${name}`, { ...place, progress });
  return { ...taken, ...suggested, ...(firmware === "uefi" ? { firmware: ["uefi"] } : {}) };
}

async function requireRoom({ room }: Pick<DiskTools, "room">, { folder }: Workplace): Promise<void> {
  if ((await room(folder)) < 0) throw new LodgeError("host.no_space", { path: folder });
}

async function takeInDisk(disk: DiskTools, file: string, name: string, place: Workplace): Promise<TakenIn> {
  const found = await disk.inspect(file).catch((error: unknown) => {
    throw renamed(error, name);
  });
  const reason =
    found.unsafe ??
    (found.encrypted ? "it is encrypted" : found.corrupt ? "it is marked as corrupt" : undefined);
  if (reason !== undefined) throw new LodgeError("image.unsafe", { path: name, reason });
  const isIso = found.format === "iso";
  const path = join(place.folder, isIso ? "disc.iso" : "disk.raw");
  if (isIso || found.format === "raw") {
    await rename(file, path);
    const firmware = [...(found.firmware ?? [])];
    return {
      path,
      kind: isIso ? "iso" : "disk",
      format: isIso ? "iso" : "raw",
      size: found.virtualSize,
      firmware,
    };
  }
  const message = `Converting from ${found.format}`;
  place.progress(0, message);
  const onProgress = (fraction: number) => place.progress(fraction, message);
  await disk
    .convert(file, found.format, path, "raw", { signal: place.signal, onProgress })
    .catch((cause: unknown) => {
      if (!hasCode(cause, "host.command_failed")) throw cause;
      const why = { path: name, reason: "QEMU cannot read it" };
      throw new LodgeError("image.unsafe", why, { cause, detail: cause.detail });
    });
  await rm(file);
  // As large as it came out, whatever its header said.
  const { size } = await stat(path);
  return { path, kind: "disk", format: "raw", size, firmware: [...(await disk.rawFirmware(path))] };
}

/** The same error about the file as the user knows it. */
function renamed(error: unknown, name: string): unknown {
  if (!(error instanceof LodgeError) || !("path" in error.params)) return error;
  return new LodgeError(error.code, { ...error.params, path: name }, { cause: error, detail: error.detail });
}

const chunkSize = 2 ** 20;
/** Bytes between looks at how much room is left. */
const lookEvery = 64 * chunkSize;

/**
 * Copies a host's file into the workplace, sparsely, and tells its SHA-256. A copy, since what is checked
 * must be what is used, and the original may be somebody's who changes it in between.
 *
 * @throws LodgeError image.unreadable, host.no_space; the signal's reason when aborted.
 */
export async function copyIn(
  { room }: Pick<DiskTools, "room">,
  source: string,
  target: string,
  place: Workplace,
): Promise<string> {
  await using from = await openRegular(source);
  await using to = await open(target, "wx", 0o600);
  const { size } = await from.stat();
  const hash = createHash("sha256");
  const chunk = Buffer.alloc(chunkSize);
  const zeros = Buffer.alloc(chunkSize);
  let written = 0;
  for (let at = 0; at < size;) {
    place.signal.throwIfAborted();
    const { bytesRead } = await from.read(chunk, 0, chunkSize, at);
    if (bytesRead === 0) break;
    const piece = chunk.subarray(0, bytesRead);
    hash.update(piece);
    if (!piece.equals(zeros.subarray(0, bytesRead))) {
      await to.write(piece, 0, bytesRead, at);
      written += bytesRead;
      if (written % lookEvery === 0) await requireRoom({ room }, place);
    }
    at += bytesRead;
    place.progress(at / size, "Copying");
  }
  await to.truncate(size);
  return hash.digest("hex");
}

/**
 * Takes a file that is Lodge's own into the workplace under a second name, without a byte copied, and tells its
 * SHA-256: where the work is undone, the first is still there.
 *
 * @throws LodgeError image.unreadable; the signal's reason when aborted.
 */
export async function linkIn(
  disk: Pick<DiskTools, "room">,
  source: string,
  target: string,
  place: Workplace,
): Promise<string> {
  await rm(target, { force: true });
  try {
    await link(source, target);
  } catch (error) {
    // Of file systems that know no second names.
    if (!["EPERM", "ENOTSUP", "EXDEV", "EMLINK"].includes((error as NodeJS.ErrnoException).code ?? "")) {
      const reason = "what had arrived is gone";
      throw new LodgeError("image.unreadable", { path: source, reason }, { cause: error });
    }
    return copyIn(disk, source, target, place);
  }
  await using file = await openRegular(target);
  const { size } = await file.stat();
  const hash = createHash("sha256");
  const chunk = Buffer.alloc(chunkSize);
  for (let at = 0; at < size;) {
    place.signal.throwIfAborted();
    const { bytesRead } = await file.read(chunk, 0, chunkSize, at);
    if (bytesRead === 0) break;
    hash.update(chunk.subarray(0, bytesRead));
    at += bytesRead;
    place.progress(at / size, "Checking");
  }
  return hash.digest("hex");
}

async function openRegular(path: string): Promise<FileHandle> {
  const unreadable = (reason: string, cause?: unknown) =>
    new LodgeError("image.unreadable", { path, reason }, { cause });
  // Without O_NONBLOCK, opening a pipe would wait for somebody to write to it.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(
    (error: NodeJS.ErrnoException) => {
      const known = { ENOENT: "there is no such file", EACCES: "Lodge may not read it" }[error.code ?? ""];
      throw unreadable(known ?? String(error.code), error);
    },
  );
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw unreadable("it is not a plain file");
}

/** @throws LodgeError image.checksum unless both are the same. */
export function requireChecksum(name: string, actual: string, expected: string | undefined): void {
  if (expected !== undefined && actual !== expected.toLowerCase()) {
    const algorithm = expected.length === 128 ? "SHA-512" : "SHA-256";
    throw new LodgeError("image.checksum", { path: name, algorithm, actual, expected });
  }
}
