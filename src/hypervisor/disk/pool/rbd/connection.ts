/**
 * How Ceph is spoken to for each pool that there is, by the pool's folder: this process knows it from the store, and
 * keeps it in its memory alone. A volume's path is in that folder, so whoever has the path has the way to its image.
 */
import { basename, dirname } from "node:path";
import { PoolTrouble } from "../driver.ts";

export interface RbdConnection {
  /** HOST or HOST:PORT of each. */
  readonly monitors: readonly string[];
  /** Ceph's name for the pool. */
  readonly pool: string;
  /** Without "client." before it. */
  readonly user: string;
  /** As Ceph's keyrings have it, in base64; undefined where it could not be read from the store. */
  readonly key: string | undefined;
}

const known = new Map<string, RbdConnection>();

export const knowRbd = (folder: string, connection: RbdConnection): void =>
  void known.set(folder, connection);
export const forgetRbd = (folder: string): void => void known.delete(folder);

/** The folders of all pools of Ceph's that are known. */
export const rbdFolders = (): string[] => [...known.keys()];

/** Is what has this path an image of Ceph's? */
export const isRbd = (path: string): boolean => known.has(dirname(path));

/** @throws PoolTrouble */
export function connectionOf(folder: string): RbdConnection & { readonly key: string } {
  const found = known.get(folder);
  if (found?.key === undefined)
    throw new PoolTrouble(
      "its key cannot be read from the store: 'lodge pool set' with '--user' and '--keyring' gives it another",
    );
  return { ...found, key: found.key };
}

/** Ours among others' in the same pool. */
const prefix = "lodge-";
const suffix = ".raw";

/** Of a volume's path, what its image is called. */
export const imageOf = (path: string): string => prefix + basename(path, suffix);
export const isOurs = (image: string): boolean => image.startsWith(prefix);
export const fileOf = (name: string): string => name + suffix;

const port = 3300;

/** A monitor's address, as QEMU takes it. */
export function monitorAddress(monitor: string): { readonly host: string; readonly port: string } {
  const groups = /^(?:\[(?<six>[^\]]+)\]|(?<host>[^:]+))(?::(?<port>\d+))?$/.exec(monitor)?.groups;
  if (!groups) throw new PoolTrouble(`'${monitor}' is no monitor's address`);
  return { host: groups["six"] ?? groups["host"]!, port: groups["port"] ?? String(port) };
}
