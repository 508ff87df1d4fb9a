/** Which host of a cluster answers what somebody asks of his desktop: the one that has it, a standby for him, or room. */
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
import { bodyOf } from "#domain/desktop/maker";
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
  const home = pool.keeps === "home" ? await hostWithHome(store, { pool: pool.id, user: who.id }) : undefined;
  // Elsewhere he would have a desktop without his files.
  if (home?.stays && can(home.host)) return home.host;
  const ready = standbyHosts(parts, pool).filter(can);
  if (ready.length > 0)
    return [home?.host, self].find((host) => host !== undefined && ready.includes(host)) ?? ready[0]!;
  if (pool.image === undefined) return self;
  try {
    return await parts.choose(bodyOf(pool, "g"), pool.project, refused);
  } catch (error) {
    // What stands in the way is this host's to say, at the first try.
    if (refused.size > 0 || !hasCode(error, "placement.no_host")) throw error;
    return self;
  }
}

const standbyHosts = ({ guests, whereabouts }: DesktopHostParts, pool: PoolRecord): string[] =>
  [...guests()]
    .filter((guest) => isStandbyOf(guest, pool))
    .flatMap(({ id }) => whereabouts.hostsOf(guestKey(id))[0] ?? []);
