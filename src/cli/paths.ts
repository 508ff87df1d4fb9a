import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { LodgeError } from "#contract/errors";

/**
 * What names an image or a file, for a daemon that has another working folder: a path becomes absolute where
 * the daemon is on this computer; a name stays.
 */
export function localPath(given: string, local: boolean): string {
  return local && (given.includes("/") || existsSync(given)) ? resolve(given) : given;
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "permission denied",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of its path is not a folder",
  ENOSPC: "no space is left on its disk",
  EEXIST: "it exists already",
  EROFS: "its file system is read-only",
};

/** An error of the file system in words. */
export function fileError(path: string, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === undefined || error instanceof LodgeError) return error;
  return new LodgeError("cli.file", { path, reason: reasons[code] ?? code }, { cause: error });
}

/** @throws LodgeError cli.file */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw fileError(path, error);
  }
}
