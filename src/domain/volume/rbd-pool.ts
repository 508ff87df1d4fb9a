/**
 * Pools of Ceph's, as the store keeps them and as the hypervisor has to know them. The key of each is sealed for its record
 * (docs/decisions/0016-secrets-at-rest.md); it is opened when a daemon starts, and told to what opens images.
 */
import { dirname, join } from "node:path";
import { hasCode } from "#contract/errors";
import { openSecret, sealSecret, type SealKey } from "#durable/store/seal";
import type { Store } from "#durable/store/store";
import { forgetRbd, knowRbd } from "#hypervisor/disk/pool/rbd/connection";
import { leaveRbd } from "#hypervisor/disk/pool/rbd/rbd";
import { layerById } from "./layer.ts";
import { listPools, poolKey, type PoolRecord, type RbdPart } from "./pool.ts";

/** `layers`: the folder of layers. */
export const rbdFolder = (layers: string, pool: string): string => join(dirname(layers), "rbd", pool);

export const sealRbd = (key: SealKey, pool: string, secret: string): string =>
  sealSecret(key, secret, poolKey(pool));

/** From now on its images can be used. A key that cannot be opened makes it unusable, and says so. */
export function knowPool({ name, target, rbd }: PoolRecord, key: SealKey): void {
  if (!rbd) return;
  const { monitors, user, folder } = rbd;
  knowRbd(folder, { monitors, user, pool: target, key: opened(name, rbd, key) });
}

function opened(pool: string, { secret }: RbdPart, key: SealKey): string | undefined {
  try {
    return openSecret(key, secret, poolKey(pool));
  } catch (error) {
    if (hasCode(error, "store.secret_unreadable")) return undefined;
    throw error;
  }
}

/** One that was not made after all; perhaps another of its name was. */
export async function unknowPool({ rbd }: PoolRecord, ...all: Parameters<typeof knowPools>): Promise<void> {
  if (!rbd) return;
  forgetRbd(rbd.folder);
  await knowPools(...all);
}

/** When a daemon starts, before anything looks for a volume. */
export async function knowPools(store: Store, folder: string, key: SealKey): Promise<void> {
  for (const record of await listPools(store, folder)) knowPool(record, key);
}

/** Ceph clones what is written to, as it is at that moment: of a layer in such a pool nothing has to be frozen before. */
export async function clonesLive(store: Store, { kind, name }: PoolRecord, layer: string): Promise<boolean> {
  return kind === "rbd" && (await layerById(store, layer)).pool === name;
}

/** Takes what is on this host of these away: nothing of them is in use any more. */
export async function leavePools(records: readonly PoolRecord[]): Promise<void> {
  for (const { rbd } of records) if (rbd) await leaveRbd(rbd.folder);
}
