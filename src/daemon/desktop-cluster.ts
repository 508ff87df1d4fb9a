/** What a host knows of the others for its desktops: who does not answer, what they have ready, which can make another. */
import type { LostWith } from "#contract/schema/desktop";
import type { Schemas } from "#contract/schemas";
import { LodgeError } from "#contract/errors";
import type { Clock } from "#base/clock";
import { SilentHosts } from "#domain/cluster/placement/silent-hosts";
import type { ReportsElsewhere } from "#domain/desktop/desktops";
import type { StandbyHosts } from "#domain/desktop/keeper";
import { bodyOf, sourceOf } from "#domain/desktop/maker";
import type { Placed } from "#domain/desktop/plan";
import { guestKey } from "#domain/guest/record";
import type { Views } from "#domain/view/views";
import type { Reaching } from "./moves.ts";

export interface DesktopClusterParts {
  readonly clock: Clock;
  readonly views: Pick<Views, "guests" | "whereabouts">;
  /** Ids of the hosts that can have a guest, the best first. @throws LodgeError placement.no_host, … */
  readonly rank: (
    body: Schemas["GuestCreate"],
    project: string,
    refused: ReadonlyMap<string, string>,
  ) => Promise<string[]>;
  /** Undefined: this host stands alone. */
  readonly reaching: Reaching | undefined;
}

export interface DesktopCluster {
  readonly reports: ReportsElsewhere;
  readonly standbys: StandbyHosts;
  /** A host, by its id or name, where it does not answer. */
  readonly away: (host: string | undefined) => LostWith | undefined;
}

const alone: DesktopCluster = {
  standbys: {
    self: "alone",
    elsewhere: () => [],
    where: () => undefined,
    isClosed: () => false,
    able: async () => ["alone"],
    isSpeaker: () => true,
  },
  reports: { isElsewhere: (_host): _host is string => false, of: async () => new Map() },
  away: () => undefined,
};

/** Milliseconds that another host has to say who watches its desktops. */
const patience = 1_000;

export function desktopCluster({ clock, views, rank, reaching }: DesktopClusterParts): DesktopCluster {
  if (!reaching) return alone;
  const { id: self, members, peers } = reaching;
  const silent = new SilentHosts(clock);
  const hostOf = (guest: string) => views.whereabouts.hostsOf(guestKey(guest))[0];
  const takesGuests = (host: string) =>
    members.get(host)?.state === "active" && (host === self || members.beat(host) !== undefined);

  function elsewhere(): Placed[] {
    return [...views.guests.values()].flatMap(({ id, state, stateSince, createdAt, desktop }) => {
      const host = hostOf(id);
      if (!desktop || host === undefined || host === self || !takesGuests(host)) return [];
      return [{ id, state, stateSince, createdAt, desktop, host }];
    });
  }

  async function reportsOf(name: string) {
    const host = members.find(name);
    if (!host || members.beat(host.id) === undefined || silent.and(new Map()).has(host.id)) return [];
    try {
      return await peers.call(host.id, "peerDesktopReport", {}, { patience });
    } catch {
      silent.note(host.id);
      return [];
    }
  }

  return {
    reports: {
      isElsewhere: (host): host is string => host !== undefined && host !== members.get(self)?.name,
      async of(hosts) {
        const reports = (await Promise.all([...hosts].map(reportsOf))).flat();
        return new Map(reports.map(({ desktop, ...report }) => [desktop, report]));
      },
    },
    standbys: {
      ...{ self, elsewhere },
      where(guest) {
        const host = hostOf(guest);
        if (host === undefined || host === self) return undefined;
        return members.beat(host) === undefined ? "lost" : "elsewhere";
      },
      isClosed: () => !takesGuests(self),
      async able(pool, refused) {
        if (pool.guest === undefined) return rank(bodyOf(pool, "g"), pool.project, refused);
        const source = sourceOf(views.guests.values(), pool);
        if (!source) throw new LodgeError("guest.not_found", { guest: pool.guest });
        const host = hostOf(source.id);
        return host !== undefined && takesGuests(host) && !refused.has(host) ? [host] : [];
      },
      isSpeaker() {
        const there = members.all().filter(({ id, witness }) => !witness && takesGuests(id));
        return there[0]?.id === self;
      },
    },
    away(ref) {
      const host = ref === undefined ? undefined : members.find(ref);
      if (!host || host.id === self || members.beat(host.id) !== undefined) return undefined;
      const since = members.awaySince(host.id);
      return { host: host.name, ...(since === undefined ? {} : { since: new Date(since).toISOString() }) };
    },
  };
}
