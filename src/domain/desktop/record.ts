/**
 * Desktop pools and desktops as the store keeps them, the same for all hosts of a cluster:
 *
 *   desktop-pools/ID                 a pool                    desktop-pool-names/PROJECT/NAME ──► ID
 *   desktops/ID                      what one person has       desktop-of/POOL/USER ──► ID, one at most
 *   desktop-lost/POOL/USER           the host that the one before was lost with, until the next one ends
 *   desktop-words/POOL/USER          what its user is told when he comes (words.ts)
 *   desktop-turns/POOL               changes with each claim of a pool that has a limit, so that counting and claiming are one
 */
import type { Desktop, Announced } from "#contract/schema/desktop";
import type { DesktopPool } from "#contract/schema/desktop-pool";
import { LodgeError } from "#contract/errors";
import type { ReadStore } from "#durable/store/store";
import { find } from "#durable/store/update";

/** What is worked out where a pool is shown. */
type Counted = "ready" | "making" | "desktops" | "connected" | "outdated" | "ails";

export interface PoolRecord extends Omit<DesktopPool, Counted> {
  /** Id of the image that has the name now: one that is built anew is another. */
  readonly imageId?: string;
}

export interface DesktopRecord extends Pick<
  Desktop,
  "id" | "pool" | "project" | "revision" | "createdAt" | "connectedAt" | "disconnectedAt" | "replaces"
> {
  /** The account's id. */
  readonly user: string;
  readonly userName: string;
  readonly guest?: string;
  /** It ends, and nobody comes back to it. */
  readonly ending?: true;
  readonly announced?: Announced;
}

export const desktopPoolPrefix = "desktop-pools/";
export const desktopPoolKey = (id: string): string => desktopPoolPrefix + id;
export const desktopPoolNameKey = (project: string, name: string): string =>
  `desktop-pool-names/${project}/${name}`;
export const desktopPrefix = "desktops/";
export const desktopKey = (id: string): string => desktopPrefix + id;
export const desktopOfKey = (pool: string, user: string): string => `desktop-of/${pool}/${user}`;
export const desktopLostKey = (pool: string, user: string): string => `desktop-lost/${pool}/${user}`;
export const desktopWordsKey = (pool: string, user: string): string => `desktop-words/${pool}/${user}`;
export const desktopTurnKey = (pool: string): string => `desktop-turns/${pool}`;
/** What operations lock. */
export const desktopTarget = (id: string): string => `desktop:${id}`;

export const listPools = async (store: ReadStore): Promise<PoolRecord[]> =>
  (await store.list(desktopPoolPrefix)).items.map(({ value }) => value as PoolRecord);

export const listDesktops = async (store: ReadStore): Promise<DesktopRecord[]> =>
  (await store.list(desktopPrefix)).items.map(({ value }) => value as DesktopRecord);

/** By its name in a project or, in whichever, by its id. */
export async function findPool(
  store: ReadStore,
  ref: string,
  project: string,
): Promise<PoolRecord | undefined> {
  const named = await find(store, desktopPoolNameKey(project, ref));
  const item = await find(store, desktopPoolKey(named ? String(named.value) : ref));
  return item?.value as PoolRecord | undefined;
}

/** @throws LodgeError desktop_pool.not_found */
export async function poolById(store: ReadStore, id: string): Promise<PoolRecord> {
  const item = await find(store, desktopPoolKey(id));
  if (!item) throw new LodgeError("desktop_pool.not_found", { pool: id });
  return item.value as PoolRecord;
}

export const findDesktop = async (store: ReadStore, id: string): Promise<DesktopRecord | undefined> =>
  (await find(store, desktopKey(id)))?.value as DesktopRecord | undefined;

/** @throws LodgeError desktop.not_found */
export async function desktopById(store: ReadStore, id: string): Promise<DesktopRecord> {
  const found = await findDesktop(store, id);
  if (!found) throw new LodgeError("desktop.not_found", { desktop: id });
  return found;
}

/** The one that somebody has of a pool. */
export async function desktopOf(
  store: ReadStore,
  pool: string,
  user: string,
): Promise<DesktopRecord | undefined> {
  const id = (await store.get(desktopOfKey(pool, user)))?.value;
  return id === undefined ? undefined : findDesktop(store, String(id));
}
