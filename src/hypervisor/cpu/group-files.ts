/** The files of control groups: the kernel's, or in tests a tree that keeps the kernel's rules. */
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";

export interface GroupFiles {
  read(path: string): string;
  write(path: string, text: string): void;
  /** The same, off the event loop. */
  writeSoon(path: string, text: string): Promise<void>;
  /** Makes a group; one that is there stays. */
  make(path: string): void;
  /** @throws ENOENT, EBUSY */
  remove(path: string): void;
  /** The names of the groups below this one. */
  list(path: string): string[];
}

export const kernelFiles: GroupFiles = {
  read: (path) => readFileSync(path, "latin1"),
  // Without O_CREAT: a file that is not there is a controller that is not.
  write: (path, text) => writeFileSync(path, text, { flag: "r+" }),
  writeSoon: (path, text) => writeFile(path, text, { flag: "r+" }),
  make: (path) => void mkdirSync(path, { recursive: true }),
  remove: (path) => rmdirSync(path),
  list: (path) =>
    readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name),
};

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code;

/** The number in a file; undefined where there is no such file, or it says "max". */
export function numberIn(files: GroupFiles, path: string): number | undefined {
  const text = readOr(files, path);
  if (text === undefined) return undefined;
  const number = Number(text.trim());
  return Number.isFinite(number) ? number : undefined;
}

/** A file of lines "name number". */
export function tableIn(files: GroupFiles, path: string): ReadonlyMap<string, number> {
  const lines = (readOr(files, path) ?? "").trim().split("\n");
  return new Map(
    lines.map((line): [string, number] => {
      const [name = "", value] = line.split(" ");
      return [name, Number(value)];
    }),
  );
}

function readOr(files: GroupFiles, path: string): string | undefined {
  try {
    return files.read(path);
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENODEV") return undefined;
    throw error;
  }
}

/** Removes a group. False: there are processes in it. */
export function removeGroup(files: GroupFiles, path: string): boolean {
  try {
    files.remove(path);
    return true;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return true;
    if (codeOf(error) === "EBUSY") return false;
    throw error;
  }
}

/** Puts a process into a group; one that has ended meanwhile is no error. */
export function putInto(files: GroupFiles, path: string, pid: number): void {
  try {
    files.write(`${path}/cgroup.procs`, String(pid));
  } catch (error) {
    if (codeOf(error) !== "ESRCH") throw error;
  }
}

export const isThere = (files: GroupFiles, path: string): boolean =>
  readOr(files, `${path}/cgroup.procs`) !== undefined;

/** Writes where the kernel has such a file: not every one has swap accounting, or a cap. */
export function writeIf(files: GroupFiles, path: string, text: string): void {
  try {
    files.write(path, text);
  } catch (error) {
    if (codeOf(error) !== "ENOENT" && codeOf(error) !== "EOPNOTSUPP") throw error;
  }
}
