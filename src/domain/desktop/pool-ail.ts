/** Why a pool's standbys cannot be made: written down by the host that tried, for whoever looks after the pool. */
import { asLodgeError } from "#contract/errors";
import type { DesktopPool } from "#contract/schema/desktop";
import type { ReadStore, Store } from "#durable/store/store";

export type PoolAil = NonNullable<DesktopPool["ails"]>;

const ailKey = (pool: string): string => `desktop-ails/${pool}`;

export const ailOf = async (store: ReadStore, pool: string): Promise<PoolAil | undefined> =>
  (await store.get(ailKey(pool)))?.value as PoolAil | undefined;

export async function poolAils(store: Store, pool: string, error: unknown, at: number): Promise<void> {
  const { code, message, hint } = asLodgeError(error);
  const value: PoolAil = { code, message, hint, at: new Date(at).toISOString() };
  await store.transact({ put: [{ key: ailKey(pool), value }] });
}

export async function poolRecovers(store: Store, pool: string): Promise<void> {
  if (await store.get(ailKey(pool))) await store.transact({ delete: [ailKey(pool)] });
}
