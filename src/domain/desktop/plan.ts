/**
 * What this host does about the guests of its desktop pools, as things are. Pure.
 *
 *   making ──drawn, paused──► standby ──claimed──► taken ──its desktop ends──► removed
 *      └── failed, outdated ──────┴── too old, too many, outdated ──► leaving ──► removed
 *
 * One that is too old is of use until another is there; one of an earlier revision is of none.
 */
import type { DesktopMark } from "#contract/schema/desktop-mark";
import type { GuestRecord } from "../guest/record.ts";
import type { DesktopRecord, PoolRecord } from "./record.ts";

/** A guest of a pool on this host. */
export type Marked = Pick<GuestRecord, "id" | "state" | "stateSince" | "createdAt" | "comesBack"> & {
  readonly desktop: DesktopMark;
};

export type Action =
  /** Another standby is to be made. */
  | { readonly kind: "make"; readonly pool: string }
  /** One has been made: once it is drawn it is paused, and waits. */
  | { readonly kind: "finish"; readonly guest: string }
  | { readonly kind: "remove"; readonly guest: string }
  /** Its user left it, or its pool is gone. */
  | { readonly kind: "end"; readonly desktop: string };

export interface Situation {
  readonly pools: ReadonlyMap<string, PoolRecord>;
  readonly desktops: ReadonlyMap<string, DesktopRecord>;
  readonly guests: readonly Marked[];
  /** How many of a pool's standbys are this host's to make. */
  readonly share: (pool: PoolRecord) => number;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
}

const usualAge = 24 * 3600;

export function plan({ pools, desktops, guests, share, now }: Situation): Action[] {
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
  for (const pool of pools.values())
    actions.push(...stocking(pool, spare.get(pool.id) ?? [], share(pool), now));
  return actions;
}

/**
 * Its user shut it down, and nothing starts it again by itself. One that crashed waits for him: what is on its disk is there still.
 */
export const hasLeft = ({ state, comesBack }: Pick<GuestRecord, "state" | "comesBack">): boolean =>
  state === "stopped" && comesBack === undefined;

/** Can a guest that is being made still become a standby? */
const isSound = ({ state }: Marked): boolean => ["creating", "running", "paused"].includes(state);

function stocking(pool: PoolRecord, spare: readonly Marked[], wanted: number, now: number): Action[] {
  const longest = (pool.standby.maxAge ?? usualAge) * 1000;
  const byAge = spare.toSorted((a, b) => a.createdAt.localeCompare(b.createdAt));
  const fresh = byAge.filter(({ createdAt }) => now - Date.parse(createdAt) < longest);
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
    .filter(({ state }) => state !== "creating")
    .map(({ id }) => ({ kind: "remove" as const, guest: id }));
  return [...makes, ...removals];
}

/** A pool's standbys are spread evenly over hosts, in the order of their ids; the first have one more. */
export function shareOf(count: number, self: string, hosts: readonly string[]): number {
  const place = hosts.toSorted().indexOf(self);
  if (place < 0) return 0;
  return Math.floor(count / hosts.length) + (place < count % hosts.length ? 1 : 0);
}
