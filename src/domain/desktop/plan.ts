/**
 * What this host does about the guests of its desktop pools, as things are. Pure.
 *
 *   making ──drawn, at rest, paused──► standby ──claimed──► taken ──its desktop ends──► removed
 *      └── failed, outdated ──────┴── too old, too many, outdated ──► leaving ──► removed
 *
 * One that is too old is of use until another is there; one of an earlier revision is of none.
 */
import type { DesktopMark } from "#contract/schema/desktop-mark";
import type { GuestRecord } from "../guest/record.ts";
import type { DesktopRecord, PoolRecord } from "./record.ts";

/** A guest of a pool. */
export type Marked = Pick<GuestRecord, "id" | "state" | "stateSince" | "createdAt" | "comesBack"> & {
  readonly desktop: DesktopMark;
};

/** With the id of its host. */
export type Placed = Marked & { readonly host: string };

export type Action =
  /** Another standby is to be made, by whichever host (makersOf). */
  | { readonly kind: "make"; readonly pool: string }
  /** One has been made: once it is drawn it is paused, and waits. */
  | { readonly kind: "finish"; readonly guest: string }
  | { readonly kind: "remove"; readonly guest: string }
  /** Its user left it, or its pool is gone. */
  | { readonly kind: "end"; readonly desktop: string };

export interface Situation {
  readonly pools: ReadonlyMap<string, PoolRecord>;
  readonly desktops: ReadonlyMap<string, DesktopRecord>;
  /** On this host. */
  readonly guests: readonly Marked[];
  /** On other hosts that answer and take guests. */
  readonly elsewhere: readonly Marked[];
  /** This host takes no guests: what it has is of use until there is another. */
  readonly isClosed: boolean;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
}

const usualAge = 24 * 3600;

export function plan({ pools, desktops, guests, elsewhere, isClosed, now }: Situation): Action[] {
  const actions: Action[] = [];
  const spare = new Map<string, Marked[]>();
  for (const guest of guests) {
    const { pool: id, state, revision, desktop } = guest.desktop;
    const pool = pools.get(id);
    if (state === "taken") {
      const record = desktop === undefined ? undefined : desktops.get(desktop);
      if (!record) actions.push({ kind: "remove", guest: guest.id });
      else if (record.ending || !pool || (pool.keeps !== "guest" && hasLeft(guest)))
        actions.push({ kind: "end", desktop: record.id });
      continue;
    }
    const waits = state === "standby" && (guest.state === "paused" || guest.comesBack !== undefined);
    const sound = state === "making" ? isSound(guest) : waits;
    if (!pool || !sound || revision !== pool.revision) {
      // What is just being made is undone by what makes it, or finished first.
      if (guest.state !== "creating") actions.push({ kind: "remove", guest: guest.id });
      continue;
    }
    if (state === "making" && guest.state !== "creating") actions.push({ kind: "finish", guest: guest.id });
    spare.set(id, [...(spare.get(id) ?? []), guest]);
  }
  for (const pool of pools.values()) {
    const others = elsewhere.filter((guest) => isSpare(guest, pool));
    actions.push(...stocking(pool, { own: spare.get(pool.id) ?? [], others, isClosed }, now));
  }
  return actions;
}

/**
 * Its user shut it down, and nothing starts it again by itself. One that crashed waits for him: what is on its disk is there still.
 */
export const hasLeft = ({ state, comesBack }: Pick<GuestRecord, "state" | "comesBack">): boolean =>
  state === "stopped" && comesBack === undefined;

/** Can a guest that is being made still become a standby? */
const isSound = ({ state }: Marked): boolean => ["creating", "running", "paused"].includes(state);

/** Does a guest wait for somebody, or will it? */
const isSpare = (guest: Marked, { id, revision }: PoolRecord): boolean =>
  guest.desktop.pool === id &&
  guest.desktop.revision === revision &&
  (guest.desktop.state === "making"
    ? isSound(guest)
    : guest.desktop.state === "standby" && guest.state === "paused");

interface Stock {
  readonly own: readonly Marked[];
  readonly others: readonly Marked[];
  readonly isClosed: boolean;
}

function stocking(pool: PoolRecord, { own, others, isClosed }: Stock, now: number): Action[] {
  const longest = (pool.standby.maxAge ?? usualAge) * 1000;
  const { count: wanted } = pool.standby;
  const byAge = [...own, ...others].toSorted(older);
  const stays = isClosed ? others : byAge;
  const fresh = byAge.filter((guest) => stays.includes(guest) && now - Date.parse(guest.createdAt) < longest);
  const ready = fresh.filter(({ desktop }) => desktop.state === "standby");
  const old = byAge.filter((guest) => !fresh.includes(guest));
  const makes = Array.from({ length: Math.max(0, wanted - fresh.length) }, () => ({
    kind: "make" as const,
    pool: pool.id,
  }));
  // As many old ones stay as there are none in their place yet.
  const surplus = [
    ...old.slice(0, Math.max(0, old.length + ready.length - wanted)),
    ...fresh.slice(0, Math.max(0, fresh.length - wanted)),
  ];
  const removals = surplus
    .filter((guest) => own.includes(guest) && guest.state !== "creating")
    .map(({ id }) => ({ kind: "remove" as const, guest: id }));
  return [...makes, ...removals];
}

/** All hosts see them in one order. */
const older = (a: Marked, b: Marked): number =>
  a.createdAt.localeCompare(b.createdAt) || a.id.localeCompare(b.id);

/**
 * Ids of the hosts that make those of a pool's standbys that are missing: each goes to the one that has fewest of those that can, of
 * several to the best. Each host works it out for itself, by what all of them know. `can`: the best first.
 */
export function makersOf(
  pool: PoolRecord,
  missing: number,
  guests: readonly Placed[],
  can: readonly string[],
): ReadonlySet<string> {
  const has = new Map(can.map((host) => [host, 0]));
  const more = (host: string) => has.set(host, has.get(host)! + 1);
  for (const guest of guests) if (has.has(guest.host) && isSpare(guest, pool)) more(guest.host);
  const makers = new Set<string>();
  for (let i = 0; i < missing && can.length > 0; i++) {
    const next = can.reduce((least, host) => (has.get(host)! < has.get(least)! ? host : least));
    makers.add(next);
    more(next);
  }
  return makers;
}
