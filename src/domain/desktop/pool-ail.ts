/** Why a pool's standbys cannot be made: written down by the host that tried, for whoever looks after the pool. */
import { asLodgeError } from "#contract/errors";
import type { DesktopPool } from "#contract/schema/desktop-pool";
import type { ReadStore, Store } from "#durable/store/store";
import { desktopPoolKey } from "./record.ts";

export type PoolAil = NonNullable<DesktopPool["ails"]>;

export const ailKey = (pool: string): string => `desktop-ails/${pool}`;

export const ailOf = async (store: ReadStore, pool: string): Promise<PoolAil | undefined> =>
  (await store.get(ailKey(pool)))?.value as PoolAil | undefined;

export async function poolAils(store: Store, pool: string, error: unknown, at: number): Promise<void> {
  const { code, message, hint } = asLodgeError(error);
  const value: PoolAil = { code, message, hint, at: new Date(at).toISOString() };
  const item = await store.get(desktopPoolKey(pool));
  if (!item) return;
  // Of one that is removed meanwhile nothing stays.
  const compare = [{ key: item.key, revision: item.revision }];
  await store.transact({ compare, put: [{ key: ailKey(pool), value }] });
}

export async function poolRecovers(store: Store, pool: string): Promise<void> {
  if (await store.get(ailKey(pool))) await store.transact({ delete: [ailKey(pool)] });
}
