/** Space on the host's file systems, and copies that take none. */
import { constants } from "node:fs";
import { copyFile, mkdtemp, rm, stat, statfs, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { hasCode, LodgeError } from "#contract/errors";
import { exec } from "#base/exec";

/** Bytes that may still be written to the file system that holds `path`. */
export async function freeSpace(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}

/** Throws the error in the catalogue's words where the disk that has `path` is full, and else as it is. */
export const whereFull =
  (path: string) =>
  (error: unknown): never => {
    const full =
      (error as NodeJS.ErrnoException).code === "ENOSPC" ||
      (hasCode(error, "host.command_failed") && /No space left on device/.test(error.detail ?? ""));
    if (!full) throw error;
    const detail = error instanceof LodgeError ? error.detail : undefined;
    throw new LodgeError("host.no_space", { path }, { cause: error, detail });
  };

/** Bytes that this user's processes may still write there: root may use what is kept back from others. */
export async function spaceLeft(path: string): Promise<number> {
  const { bavail, bfree, bsize } = await statfs(path);
  return (process.getuid?.() === 0 ? bfree : bavail) * bsize;
}

/** Bytes of the whole file system that holds `path`. */
export async function fileSystemSize(path: string): Promise<number> {
  const { blocks, bsize } = await statfs(path);
  return blocks * bsize;
}

/** Bytes that what comes from outside leaves free at most, for guests and for Lodge; on a small disk a twentieth of it. */
const keptFree = 2 ** 30;

/** Bytes that what comes from outside may still take of the disk which holds `folder`; negative where it took too much. */
export async function roomIn(folder: string): Promise<number> {
  const [free, whole] = await Promise.all([freeSpace(folder), fileSystemSize(folder)]);
  return free - Math.min(keptFree, Math.floor(whole / 20));
}

/** Can files in this folder share their blocks (btrfs, XFS)? Found by trying it. */
export async function reflinkSupported(folder: string): Promise<boolean> {
  const scratch = await mkdtemp(join(folder, ".reflink-"));
  try {
    // A whole block: some file systems keep smaller files beside their name, where nothing can be shared.
    await writeFile(join(scratch, "a"), Buffer.alloc(65536, 1));
    await copyFile(join(scratch, "a"), join(scratch, "b"), constants.COPYFILE_FICLONE_FORCE);
    return true;
  } catch {
    return false;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/**
 * Copies a file: by sharing its blocks where the file system can, else keeping its holes.
 *
 * @returns how it was done; "shared" takes no space.
 * @throws the signal's reason when aborted; then, and when it fails, there is no `target`.
 */
export async function cloneFile(
  source: string,
  target: string,
  signal?: AbortSignal,
): Promise<"shared" | "copied"> {
  signal?.throwIfAborted();
  try {
    await copyFile(source, target, constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL);
    return "shared";
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") throw error;
    await stat(source);
  }
  try {
    const options = ["--sparse=always", "--reflink=never", "--no-clobber"];
    await exec("cp", [...options, "--", resolve(source), resolve(target)], {
      timeout: 0,
      ...(signal && { signal }),
    });
    return "copied";
  } catch (error) {
    await rm(target, { force: true });
    throw error;
  }
}
