/** A pool that is a folder of this host. Where its file system shares blocks (btrfs, XFS), clones take no space. */
import { constants } from "node:fs";
import { access, mkdir, rm, stat } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { createBlank, resizeDisk, type DiskFormat } from "../create.ts";
import { cloneFile, fileSystemSize, freeSpace, reflinkSupported } from "../space.ts";
import { always, PoolTrouble, requireName, type PoolDriver, type PoolSpace, type Stored } from "./driver.ts";

/** Lodge's own folder in it. Guests' processes go through it to their own files, and cannot list it. */
export const ownFolder = "lodge";

const words: Readonly<Record<string, string>> = {
  ENOENT: "there is no such folder",
  EACCES: "Lodge may not write to it",
  EROFS: "its file system is read-only",
  ESTALE: "its server does not know it any more (stale file handle)",
};

/** In words, where it is one of the reasons that a host's owner can mend. */
export function troubleOf(error: unknown): PoolTrouble {
  const { code = "", message } = error as NodeJS.ErrnoException;
  return new PoolTrouble(words[code] ?? message, { cause: error });
}

export class DirectoryPool implements PoolDriver {
  readonly formats = ["qcow2", "raw"] as const;
  readonly target: string;
  readonly folder: string;

  /** `folder`: where its files are, if not in Lodge's own folder in it. */
  constructor(target: string, folder?: string) {
    if (!isAbsolute(target)) throw new PoolTrouble("its path does not begin with a slash");
    this.target = target;
    this.folder = folder ?? join(target, ownFolder);
  }

  async prepare(): Promise<void> {
    await this.requireFolder();
    await mkdir(this.folder, { mode: 0o711 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw troubleOf(error);
    });
  }

  async check(): Promise<void> {
    await this.requireFolder();
    await access(this.folder, constants.R_OK | constants.W_OK | constants.X_OK).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === "ENOENT")
        throw new PoolTrouble(`the folder '${ownFolder}' in it is gone: perhaps its disk is not mounted`, {
          cause: error,
        });
      throw troubleOf(error);
    });
  }

  protected async requireFolder(): Promise<void> {
    const found = await stat(this.target).catch((error: unknown) => {
      throw troubleOf(error);
    });
    if (!found.isDirectory()) throw new PoolTrouble("it is no folder");
  }

  async space(): Promise<PoolSpace> {
    const [size, free, reflink] = await Promise.all([
      fileSystemSize(this.folder),
      freeSpace(this.folder),
      reflinkSupported(this.folder),
    ]).catch((error: unknown) => {
      throw troubleOf(error);
    });
    return { size, free, reflink };
  }

  locate(name: string, format: DiskFormat): string {
    return join(this.folder, `${requireName(name)}.${format}`);
  }

  async use(): Promise<AsyncDisposable> {
    return always;
  }

  async create(name: string, format: DiskFormat, size: number): Promise<Stored> {
    const path = this.locate(name, format);
    await createBlank(path, { format, size });
    return { path, format };
  }

  grow({ path, format }: Stored, size: number): Promise<void> {
    return resizeDisk(path, format, size);
  }

  async clone({ path, format }: Stored, name: string, signal?: AbortSignal) {
    const target = this.locate(name, format);
    return { path: target, format, how: await cloneFile(path, target, signal) };
  }

  used(volumes: readonly Stored[]): Promise<number[]> {
    const taken = ({ path }: Stored) =>
      stat(path).then(
        ({ blocks }) => blocks * 512,
        () => 0,
      );
    return Promise.all(volumes.map(taken));
  }

  async remove({ path }: Stored): Promise<void> {
    await rm(path, { force: true });
  }
}
