/**
 * Who gets a desktop: what is written down in one transaction when somebody claims one, whichever guest it becomes.
 *
 *   desktop-of/POOL/USER absent ┐
 *   the pool as it was read     ├──► desktops/ID, desktop-of/POOL/USER ──► ID, the guest's record: taken
 *   the pool's turn, if limited ┘
 */
import { hasCode, LodgeError } from "#contract/errors";
import type { Clock } from "#base/clock";
import { newId } from "#base/ids";
import type { Compare, Put, ReadStore, Store } from "#durable/store/store";
import { guestKey, type GuestRecord } from "../guest/record.ts";
import type { Person } from "./entitled.ts";
import {
  desktopKey,
  desktopLostKey,
  desktopOfKey,
  desktopPoolKey,
  desktopTurnKey,
  listDesktops,
  type DesktopRecord,
  type PoolRecord,
} from "./record.ts";

export interface Claiming {
  readonly compare: readonly Compare[];
  readonly put: readonly Put[];
}

/** Thrown to whoever claims what he has already. */
export class HasOne extends Error {}

/** The desktop that somebody is about to have. */
export const newDesktop = (
  pool: PoolRecord,
  { id: user, name: userName }: Person,
  guest: string,
  now: string,
): DesktopRecord => ({
  id: newId("dt"),
  pool: pool.id,
  project: pool.project,
  user,
  userName,
  guest,
  revision: pool.revision,
  createdAt: now,
});

/** What belongs to a claim besides the guest. @throws HasOne; LodgeError desktop_pool.not_found, desktop_pool.full */
export async function claiming(
  store: ReadStore,
  pool: PoolRecord,
  desktop: DesktopRecord,
): Promise<Claiming> {
  const of = desktopOfKey(pool.id, desktop.user);
  const [own, item, lost] = await Promise.all(
    [of, desktopPoolKey(pool.id), desktopLostKey(pool.id, desktop.user)].map((key) => store.get(key)),
  );
  if (own) throw new HasOne();
  if (!item) throw new LodgeError("desktop_pool.not_found", { pool: pool.name });
  const { most } = item.value as PoolRecord;
  const turn = most === undefined ? undefined : await turnOf(store, pool, most);
  return {
    compare: [
      { key: of, revision: "absent" },
      { key: item.key, revision: item.revision },
      ...(turn ? [{ key: turn.key, revision: turn.revision }] : []),
    ],
    put: [
      { key: of, value: desktop.id },
      { key: desktopKey(desktop.id), value: lost ? { ...desktop, replaces: lost.value } : desktop },
      ...(turn ? [{ key: turn.key, value: desktop.id }] : []),
    ],
  };
}

/** Read before it is counted: who claims meanwhile changes it. @throws LodgeError desktop_pool.full */
async function turnOf(
  store: ReadStore,
  { id, name }: PoolRecord,
  most: number,
): Promise<{ readonly key: string; readonly revision: Compare["revision"] }> {
  const key = desktopTurnKey(id);
  const item = await store.get(key);
  const taken = (await listDesktops(store)).filter(({ pool, ending }) => pool === id && !ending).length;
  if (taken >= most) throw new LodgeError("desktop_pool.full", { pool: name, most });
  return { key, revision: item?.revision ?? "absent" };
}

/** Makes a standby somebody's; undefined: it is not one any more. @throws HasOne; LodgeError desktop_pool.full, … */
export async function claimStandby(
  { store, clock }: { readonly store: Store; readonly clock: Clock },
  guest: string,
  pool: PoolRecord,
  person: Person,
): Promise<DesktopRecord | undefined> {
  const now = new Date(clock.now()).toISOString();
  for (;;) {
    const item = await store.get(guestKey(guest));
    const record = item?.value as GuestRecord | undefined;
    if (!item || !record || !isStandbyOf(record, pool)) return undefined;
    const desktop = newDesktop(pool, person, guest, now);
    const { compare, put } = await claiming(store, pool, desktop);
    try {
      await store.transact({
        compare: [...compare, { key: item.key, revision: item.revision }],
        put: [...put, { key: item.key, value: taken(record, desktop, now) }],
      });
      return desktop;
    } catch (error) {
      // Somebody else took it, or the pool's last one, or he himself clicked twice: whichever it was is seen at once.
      if (!hasCode(error, "store.conflict")) throw error;
    }
  }
}

export const isStandbyOf = (
  { desktop, state }: Pick<GuestRecord, "desktop" | "state">,
  { id, revision }: Pick<PoolRecord, "id" | "revision">,
): boolean =>
  desktop?.pool === id && desktop.state === "standby" && desktop.revision === revision && state === "paused";

/** It goes on as soon as that is written: whoever finds it paused lets it go on. */
const taken = (record: GuestRecord, { id, pool, revision }: DesktopRecord, now: string): GuestRecord => ({
  ...record,
  state: "running",
  stateSince: now,
  desktop: { pool, revision, state: "taken", desktop: id },
});
