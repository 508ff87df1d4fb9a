/**
 * Which host of a cluster answers what somebody asks of his desktop:
 *
 *   the one that has it ──► the one that his home lies with, where that has a standby or room ──► one with a standby ──► placement's choice
 *
 * A fork takes a second, and a home as long to copy as it is large: so it is not copied to a standby.
 */
import type { RouteName } from "#contract/routes";
import type { Schemas } from "#contract/schemas";
import { hasCode } from "#contract/errors";
import type { ReadStore } from "#durable/store/store";
import type { Whereabouts } from "#durable/store/whereabouts";
import type { Actor } from "#domain/access/actor";
import type { Memberships } from "#domain/access/memberships";
import { isStandbyOf } from "#domain/desktop/claim";
import { isEntitled, personOf } from "#domain/desktop/entitled";
import { hostWithHome } from "#domain/desktop/home";
import { bodyOf, sourceOf } from "#domain/desktop/maker";
import { desktopOf, listPools, type PoolRecord } from "#domain/desktop/record";
import { guestKey } from "#domain/guest/record";

export const desktopRoutes = [
  "myDesktopConnect",
  "myDesktopSignOff",
  "myDesktopRestart",
  "myDesktopReset",
] as const satisfies readonly RouteName[];

export interface DesktopHostParts {
  readonly store: ReadStore;
  /** This host's id. */
  readonly self: string;
  readonly whereabouts: Pick<Whereabouts, "hostsOf">;
  readonly guests: () => Iterable<Schemas["Guest"]>;
  readonly memberships: (actor: Actor) => Promise<Memberships | undefined>;
  readonly answers: (host: string) => boolean;
  readonly choose: (
    body: Schemas["GuestCreate"],
    project: string,
    refused: ReadonlyMap<string, string>,
  ) => Promise<string>;
}

/** Whichever host answers says what is wrong with what was asked: where that is not to be told, this one. */
export async function desktopHost(
  parts: DesktopHostParts,
  name: RouteName,
  { offer, actor }: { readonly offer: string; readonly actor: Actor | undefined },
  refused: ReadonlyMap<string, string>,
): Promise<string> {
  const { store, self, answers } = parts;
  if (!actor) return self;
  const who = await personOf(actor, parts.memberships);
  const pools = (await listPools(store)).filter((one) => isEntitled(one.entitled, who));
  const pool = pools.find(({ id }) => id === offer) ?? pools.find((one) => one.name === offer);
  if (!pool) return self;
  const own = await desktopOf(store, pool.id, who.id);
  if (own?.guest !== undefined) {
    const [host = self] = parts.whereabouts.hostsOf(guestKey(own.guest));
    if (answers(host)) return host;
    // Of one that is lost, whoever has another for him clears it away.
    if (pool.keeps === "guest") return self;
  }
  if (name !== "myDesktopConnect") return self;
  const can = (host: string) => answers(host) && !refused.has(host);
  const ready = standbyHosts(parts, pool).filter(can);
  const home = pool.keeps === "home" ? await hostWithHome(store, { pool: pool.id, user: who.id }) : undefined;
  if (home && can(home.host)) {
    // Elsewhere he would have a desktop without his files, or have to wait for them.
    if (home.stays || ready.includes(home.host) || (await hasRoom(parts, pool, home.host, refused)))
      return home.host;
  }
  if (ready.length > 0) return ready.includes(self) ? self : ready[0]!;
  try {
    return await forking(parts, pool, refused);
  } catch (error) {
    // What stands in the way is this host's to say, at the first try.
    if (refused.size > 0 || !hasCode(error, "placement.no_host")) throw error;
    return self;
  }
}

/** The host that makes one; `only`: that one, or none. @throws LodgeError placement.no_host, … */
async function forking(
  { choose, guests, whereabouts, self }: DesktopHostParts,
  pool: PoolRecord,
  refused: ReadonlyMap<string, string>,
  only?: string,
): Promise<string> {
  if (pool.guest !== undefined) {
    const source = sourceOf(guests(), pool);
    return (source && whereabouts.hostsOf(guestKey(source.id))[0]) ?? self;
  }
  const placement = only === undefined ? {} : { placement: { hosts: [only] } };
  return choose({ ...bodyOf(pool, "g"), ...placement }, pool.project, refused);
}

async function hasRoom(
  parts: DesktopHostParts,
  pool: PoolRecord,
  host: string,
  refused: ReadonlyMap<string, string>,
): Promise<boolean> {
  try {
    return (await forking(parts, pool, refused, host)) === host;
  } catch (error) {
    if (hasCode(error, "placement.no_host")) return false;
    throw error;
  }
}

const standbyHosts = ({ guests, whereabouts }: DesktopHostParts, pool: PoolRecord): string[] =>
  [...guests()]
    .filter((guest) => isStandbyOf(guest, pool))
    .flatMap(({ id }) => whereabouts.hostsOf(guestKey(id))[0] ?? []);
