/**
 * Why a pool's standbys cannot be made: written down by each host that tried, for whoever looks after the pool, and for the
 * other hosts, one of which makes them meanwhile.
 *
 *   desktop-ails/POOL/HOST
 */
import { asLodgeError } from "#contract/errors";
import type { DesktopPool } from "#contract/schema/desktop-pool";
import type { ReadStore, Store } from "#durable/store/store";
import { desktopPoolKey } from "./record.ts";

export type PoolAil = NonNullable<DesktopPool["ails"]>;

export interface HostAil extends PoolAil {
  /** How often it failed in a row. */
  readonly times: number;
  /** When that host tries again: milliseconds since the Unix epoch, as `now`. */
  readonly until: number;
}

export const poolAilPrefix = "desktop-ails/";
const ofPool = (pool: string): string => `${poolAilPrefix}${pool}/`;

/** Milliseconds until a host tries again; each further time twice as long, up to the longest. */
const firstPause = 5_000;
const longestPause = 300_000;
/** Milliseconds that another try may take: until then what the last one failed with still counts. */
const longestTry = 900_000;

/** Hosts that do not try at the moment, and why. `ails`: by POOL/HOST. */
export function ailingHosts(
  ails: ReadonlyMap<string, HostAil>,
  pool: string,
  now: number,
): ReadonlyMap<string, string> {
  const found = [...ails].filter(([key, { until }]) => key.startsWith(`${pool}/`) && until > now);
  return new Map(found.map(([key, { message }]) => [key.slice(pool.length + 1), message.replace(/\.$/, "")]));
}

/** What the host failed with that tried last, by the pools' ids. */
export async function lastAils(store: ReadStore, now: number): Promise<ReadonlyMap<string, PoolAil>> {
  const { items } = await store.list(poolAilPrefix);
  const last = new Map<string, PoolAil>();
  for (const { key, value } of items) {
    const [pool = ""] = key.slice(poolAilPrefix.length).split("/");
    const { times: _, until, ...ail } = value as HostAil;
    if (until + longestTry > now && ail.at >= (last.get(pool)?.at ?? "")) last.set(pool, ail);
  }
  return last;
}

export async function poolAils(
  store: Store,
  { pool, host }: { readonly pool: string; readonly host: string },
  error: unknown,
  now: number,
): Promise<void> {
  const { code, message, hint } = asLodgeError(error);
  const key = ofPool(pool) + host;
  const [item, before] = await Promise.all([store.get(desktopPoolKey(pool)), store.get(key)]);
  if (!item) return;
  const times = ((before?.value as HostAil | undefined)?.times ?? 0) + 1;
  const until = now + Math.min(longestPause, firstPause * 2 ** (times - 1));
  const value: HostAil = { code, message, hint, at: new Date(now).toISOString(), times, until };
  // Of one that is removed meanwhile nothing stays.
  await store.transact({ compare: [{ key: item.key, revision: item.revision }], put: [{ key, value }] });
}

/** `host`: of that one alone. */
export async function poolRecovers(store: Store, pool: string, host = ""): Promise<void> {
  const keys = await ailKeys(store, pool, host);
  if (keys.length > 0) await store.transact({ delete: keys });
}

export async function ailKeys(store: ReadStore, pool: string, host = ""): Promise<string[]> {
  const { items } = await store.list(ofPool(pool));
  return items.map(({ key }) => key).filter((key) => host === "" || key === ofPool(pool) + host);
}
