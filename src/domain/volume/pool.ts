/**
 * Pools as the store keeps them.
 *
 *   pools/NAME         the record; of "default", the home's own folder of layers, only where something is said of it
 *   pool-turns/NAME    changes whenever something is promised of the pool, so that two promises cannot be made of one rest
 */
import { LodgeError } from "#contract/errors";
import { defaultPool, type PoolKind } from "#contract/schema/pool";
import type { Store, Transaction } from "#durable/store/store";
import { find } from "#durable/store/update";
import type { DiskFormat } from "#hypervisor/disk/create";
import { DirectoryPool } from "#hypervisor/disk/pool/directory";
import { PoolTrouble, type PoolDriver } from "#hypervisor/disk/pool/driver";
import { openPool } from "#hypervisor/disk/pool/open";
import type { Elsewhere, Layer } from "./layer.ts";

/** What a record has of one of Ceph's besides the rest: rbd-pool.ts. */
export interface RbdPart {
  readonly monitors: readonly string[];
  readonly user: string;
  /** Its key, sealed. */
  readonly secret: string;
  /** Where its images are files while they are in use. */
  readonly folder: string;
}

export interface PoolRecord {
  readonly name: string;
  readonly kind: PoolKind;
  readonly target: string;
  readonly description: string;
  readonly rbd?: RbdPart;
  /** Bytes. */
  readonly quota?: number;
  /** RFC 3339, UTC. */
  readonly createdAt?: string;
}

export const poolPrefix = "pools/";
export const poolKey = (name: string): string => poolPrefix + name;
export const poolTurnKey = (name: string): string => `pool-turns/${name}`;

/** What is known of the default pool where nobody said anything of it. */
const untold = (folder: string): PoolRecord => ({
  name: defaultPool,
  kind: "directory",
  target: folder,
  description: "",
});

/** `folder`: that of layers. @throws LodgeError pool.not_found */
export async function findPool(store: Store, folder: string, name: string): Promise<PoolRecord> {
  const record = (await find(store, poolKey(name)))?.value as PoolRecord | undefined;
  if (name === defaultPool) return { ...untold(folder), ...record, target: folder };
  if (!record) throw new LodgeError("pool.not_found", { pool: name });
  return record;
}

/** By name, the default one first. */
export async function listPools(store: Store, folder: string): Promise<PoolRecord[]> {
  const records = (await store.list(poolPrefix)).items.map(({ value }) => value as PoolRecord);
  const others = records.filter(({ name }) => name !== defaultPool);
  return [
    await findPool(store, folder, defaultPool),
    ...others.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  ];
}

/** @throws PoolTrouble */
export const driverOf = ({ name, kind, target, rbd }: PoolRecord): PoolDriver =>
  name === defaultPool ? new DirectoryPool(target, target) : openPool(kind, rbd?.folder ?? target);

/** Has it no room for layers that stand on what is in it? They are in the default pool. */
export const isBareKind = (kind: PoolKind | undefined): boolean => kind === "lvm" || kind === "rbd";

/** Can several hosts have it? */
export const isSharedKind = (kind: PoolKind): boolean => kind === "shared" || kind === "rbd";

export const unusable = (pool: string, reason: string, cause?: unknown): LodgeError =>
  new LodgeError("pool.unusable", { pool, reason }, { cause });

/** Why a pool's driver cannot do what was asked of it, in the catalogue's words. */
export async function asking<T>(pool: string, ask: () => T | Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof PoolTrouble) throw unusable(pool, error.message, error);
    throw error;
  }
}

/** @throws LodgeError pool.not_found, pool.unusable */
export async function requirePool(store: Store, folder: string, name: string): Promise<PoolRecord> {
  const record = await findPool(store, folder, name);
  if (name !== defaultPool) await asking(name, () => driverOf(record).check());
  return record;
}

/** The folders that files of volumes are in, of those pools that can be used now; that of the default one is not meant. */
export async function usableFolders(store: Store, folder: string): Promise<string[]> {
  const usable = (await listPools(store, folder)).map(async (record) => {
    if (record.name === defaultPool) return [];
    try {
      if (isBareKind(record.kind)) return [];
      const driver = driverOf(record);
      if (!(driver instanceof DirectoryPool)) return [];
      await driver.check();
      return [driver.folder];
    } catch (error) {
      if (error instanceof PoolTrouble) return [];
      throw error;
    }
  });
  return (await Promise.all(usable)).flat();
}

/** The format that a volume has there. @throws LodgeError pool.no_format */
export function formatIn(record: PoolRecord, wanted: DiskFormat | undefined): DiskFormat {
  const { formats } = driverOf(record);
  if (wanted === undefined) return formats[0]!;
  if (!formats.includes(wanted))
    throw new LodgeError("pool.no_format", { pool: record.name, formats: formats.join(" or ") });
  return wanted;
}

/** Where a layer is put that is to be in a pool, as LayerSource and Layer say it. */
export function placed(
  record: PoolRecord,
  id: string,
  format: DiskFormat,
): { readonly place: Elsewhere; readonly of: Pick<Layer, "pool" | "device"> } {
  if (record.name === defaultPool) return { place: {}, of: {} };
  const at = driverOf(record).locate(id, format);
  const isLvm = record.kind === "lvm";
  return {
    place: { at, ...(isLvm ? { thinPool: record.target } : {}) },
    of: { pool: record.name, ...(isLvm ? { device: true } : {}) },
  };
}

/** The pool that a layer is in. Pure. What stands on a device of LVM, or an image of Ceph's, is in the default pool. */
export function poolOf(
  layer: Layer,
  byId: ReadonlyMap<string, Layer>,
  kinds: ReadonlyMap<string, PoolKind>,
): string {
  for (let at: Layer | undefined = layer; at; at = at.below === undefined ? undefined : byId.get(at.below)) {
    const { pool } = at;
    if (pool === undefined) continue;
    return at !== layer && isBareKind(kinds.get(pool)) ? defaultPool : pool;
  }
  return defaultPool;
}

/** What is in pools: a disk as its guest sees it, and the layer that it is written to. */
export interface Occupant {
  /** In words: "disk1 of guest web". */
  readonly name: string;
  readonly size: number;
  readonly layer: string;
  /** The pool that it was put into, where its layer is not there yet. */
  readonly pool?: string;
}

const words = (bytes: number): string => `${Math.floor(bytes / 1048576)} MiB`;

/**
 * What a transaction changes that promises so many bytes more of a pool: it fails with store.conflict where the pool
 * was removed, or something else was promised of it, since this was asked.
 *
 * @throws LodgeError pool.not_found, pool.quota
 */
export async function promise(
  store: Store,
  folder: string,
  name: string,
  bytes: number,
  promised: () => Promise<number>,
): Promise<Required<Pick<Transaction, "compare" | "put">>> {
  const [item, turn] = await Promise.all([store.get(poolKey(name)), store.get(poolTurnKey(name))]);
  const { quota } = await findPool(store, folder, name);
  if (quota === undefined && name === defaultPool) return { compare: [], put: [] };
  if (quota !== undefined) {
    const left = Math.max(0, quota - (await promised()));
    if (bytes > left)
      throw new LodgeError("pool.quota", {
        pool: name,
        quota: words(quota),
        left: words(left),
        needed: words(bytes),
      });
  }
  const count = ((turn?.value as { readonly count: number } | undefined)?.count ?? 0) + 1;
  return {
    compare: [
      { key: poolKey(name), revision: item?.revision ?? "absent" },
      { key: poolTurnKey(name), revision: turn?.revision ?? "absent" },
    ],
    put: [{ key: poolTurnKey(name), value: { count } }],
  };
}
