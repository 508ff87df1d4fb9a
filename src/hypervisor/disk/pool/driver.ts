/**
 * What keeps volumes: a folder, a shared mount, a thin pool of LVM, a pool of Ceph's. Each has one of these; conformance.ts is what
 * all of them stand. A volume is a file or block device of this host, which is opened by its path.
 *
 * What a driver does to files that may hang (a server that is gone) it has a program do, and gives that up: a thread
 * of this process that hangs in the kernel would take others' work with it.
 */
import type { DiskFormat } from "../create.ts";

export interface PoolSpace {
  /** Bytes. */
  readonly size: number;
  readonly free: number;
  /** Copies within it take no space. */
  readonly reflink: boolean;
}

export interface Stored {
  readonly path: string;
  readonly format: DiskFormat;
}

export interface PoolDriver {
  /** The formats that it can keep, the usual one first. */
  readonly formats: readonly DiskFormat[];
  /** Makes what Lodge needs of its own in it. Idempotent. @throws PoolTrouble */
  prepare(): Promise<void>;
  /** Can it be used now? @throws PoolTrouble */
  check(): Promise<void>;
  /** @throws PoolTrouble */
  space(): Promise<PoolSpace>;
  /** Where a volume of this name is, or would be. @throws TypeError where it is no name */
  locate(name: string, format: DiskFormat): string;
  /**
   * A volume can be opened by its path while this is held; where it always can, nothing is to be done.
   * @throws PoolTrouble
   */
  use(volume: Stored): Promise<AsyncDisposable>;
  /** An empty volume; it takes no space yet. @throws LodgeError host.no_space, host.command_failed */
  create(name: string, format: DiskFormat, size: number): Promise<Stored>;
  /** Makes a volume that nobody uses larger. */
  grow(volume: Stored, size: number): Promise<void>;
  /**
   * Another volume that holds what this one does, which nobody writes to meanwhile; what stands below a qcow2 is below
   * both. On failure or abort there is none. @returns how; "shared" took no space
   */
  clone(volume: Stored, name: string, signal?: AbortSignal): Promise<Stored & { how: "shared" | "copied" }>;
  /** Bytes that each of these takes of the host; nothing for one that is not there. */
  used(volumes: readonly Stored[]): Promise<number[]>;
  /** Idempotent. */
  remove(volume: Stored): Promise<void>;
}

/** What use() gives where volumes are there by themselves. */
export const always: AsyncDisposable = { [Symbol.asyncDispose]: async () => undefined };

/** Why a pool cannot be used, in words that go on after "Pool 'x' cannot be used: ". */
export class PoolTrouble extends Error {}

/** Names are made by Lodge; what is none would lead elsewhere. @throws TypeError */
export function requireName(name: string): string {
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(name)) throw new TypeError(`'${name}' is no volume's name`);
  return name;
}
