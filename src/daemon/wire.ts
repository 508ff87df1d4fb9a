/** Wires what a daemon offers, over what it stands on. Nothing of a guest is touched yet, and no operation goes on. */
import { join } from "node:path";
import type { Actor } from "#domain/access/actor";
import { lookAround } from "#domain/cluster/look";
import { KeepBalance } from "#domain/cluster/rebalance/keep-balance";
import { guestKey } from "#domain/guest/record";
import type { Demand } from "#domain/host/demand";
import { isLoopback } from "#server/guard";
import { parseListen } from "#server/listen";
import type { DaemonOptions } from "./options.ts";
import { Availability } from "./availability.ts";
import { openCertificates } from "./certificates.ts";
import { clusterService } from "./cluster-service.ts";
import { wireDomain } from "./domain.ts";
import type { Domain } from "./domain-parts.ts";
import { wireEvacuation } from "./evacuation.ts";
import { firewallsElsewhere } from "./firewalls-elsewhere.ts";
import type { Ground } from "./ground.ts";
import { hostService } from "./host-service.ts";
import { imageHosts } from "./image-hosts.ts";
import { wirePlacement, type Placement } from "./placement.ts";

export async function wireServices(ground: Ground, options: DaemonOptions) {
  const { member, membership, all, paths, clock, log, events, startedAt, computer } = ground;
  const availability = member && new Availability({ member, all, paths, clock, log, events, startedAt });
  const parts = {
    ...overGround(ground),
    hosts: membership && {
      list: () => cluster.cluster.hosts(),
      onChange: (listener: () => void) => {
        membership.members.onChange(listener);
        ground.etcd?.quorum.onChange(listener);
      },
    },
    chooseOther: (guest: string): Promise<string> => placement.placer.chooseOther(guest),
    rankHosts: (...asked: Parameters<Placement["placer"]["rank"]>) => placement.placer.rank(...asked),
    requireReserve: member && ((demand: Demand) => placement.placer.requireReserve(demand)),
    safeguards: availability?.safeguards,
    letGoOfLost:
      availability && ((...asked: Parameters<Availability["letGo"]>) => availability.letGo(...asked)),
  };
  const domain = wireDomain(parts);
  ground.known.coming = domain.moving.coming;
  const placement: Placement = wirePlacement({ ...parts, domain, machineTypes: computer.features.machines });
  const evacuation = wireWayOut(ground, domain, placement);
  const balance = wireBalance(ground, placement);
  const outside = await openOutside(ground, options);
  const host = wireHost(ground, domain, outside.tls?.fingerprint);
  const cluster = wireCluster(ground, placement);
  return { availability, domain, placement, evacuation, balance, ...outside, host, cluster };
}

export type Wired = Awaited<ReturnType<typeof wireServices>>;

/** What of the ground guests and all that is theirs are wired over. */
function overGround(ground: Ground) {
  const { store, all, whole, key, clock, log, engine, registry, events, views, paths, tag } = ground;
  const { networks, spanning, groups, cells, computer, member, membership, access } = ground;
  const { features, hardware } = computer;
  return {
    ...{ store, all, whole, key, clock, log, engine, registry, events, views, paths, tag },
    ...{ networks, spanning, groups, cells, features, hardware, member },
    host: member?.host,
    reaching: membership,
    otherHosts: membership && { whole, images: imageHosts(membership, views.whereabouts) },
    firewallsElsewhere: membership && firewallsElsewhere(membership, views.whereabouts),
    memberships: (actor: Actor) => access.membershipsOfActor(actor),
    forgetProject: (project: string) => access.forgetProject(project),
  };
}

function wireWayOut(ground: Ground, { moving }: Domain, { placer, boards }: Placement) {
  const { membership, store, engine, registry, events, views, clock, log } = ground;
  return (
    membership &&
    wireEvacuation({
      ...{ store, engine, registry, events, clock, log },
      host: membership.id,
      moves: moving.moves,
      board: () => boards.current(),
      policy: async () => (await placer.settings()).policy,
      members: () => membership.members,
      hostsOf: (guest) => views.whereabouts.hostsOf(guestKey(guest)),
    })
  );
}

function wireBalance({ membership, all, views, clock, log }: Ground, { placer }: Placement) {
  if (!membership) return undefined;
  const { id: host, members } = membership;
  const runsGuests = ({ id, witness }: { readonly id: string; readonly witness?: boolean }) =>
    !witness && members.beat(id) !== undefined;
  return new KeepBalance({
    store: all,
    host,
    hosts: () =>
      members
        .all()
        .filter(runsGuests)
        .map(({ id }) => id),
    settings: () => placer.settings(),
    plan: () => placer.planRebalance(),
    hostsOf: (guest) => views.whereabouts.hostsOf(guestKey(guest)),
    clock,
    log,
  });
}

/** What other computers find it by: names, and a certificate where they reach it. */
async function openOutside(
  { paths, clock, tag }: Ground,
  { names: added = [], listen, certificate }: DaemonOptions,
) {
  const names = added.map((name) => name.toLowerCase());
  const reachable = listen?.some((address) => !isLoopback(parseListen(address).host)) ?? false;
  const folder = join(paths.home, "tls");
  const given = { folder, clock, tag, names, files: certificate };
  return { names, tls: reachable ? await openCertificates(given) : undefined };
}

function wireHost(ground: Ground, domain: Domain, fingerprint: string | undefined) {
  const { engine, registry, views, log, clock, tag, cells, startedAt, version, halt } = ground;
  const { spanning, membership, all, computer, paths } = ground;
  return hostService({
    ...{ engine, registry, views, log, clock, tag, cells, startedAt, version, fingerprint },
    ...computer,
    fleet: domain.fleet,
    division: domain.division,
    pools: () => domain.services.pools.list(),
    span: spanning && (() => spanning.look()),
    cluster: membership && (() => lookAround({ ...membership, host: membership.id, all, clock })),
    stop: domain.operations.stop,
    suspend: domain.operations.suspend,
    admit: domain.admit,
    followed: domain.followed,
    home: paths.home,
    logs: paths.logs,
    qemu: computer.features.version,
    onShutdown: () => halt.resolve("asked"),
  });
}

function wireCluster(ground: Ground, { placer }: Placement) {
  const { store, engine, registry, views, key, tag, startedAt, clock, log, version } = ground;
  const { paths, member, etcd, membership, halt } = ground;
  return clusterService({
    ...{ store, engine, registry, key, tag, startedAt, clock, log, version },
    home: paths.home,
    beginAnew: () => halt.resolve("anew"),
    reserve: async () => ((await placer.settings()).reserve > 0 ? placer.reserve() : undefined),
    guestsOn: (host) => views.guestsOn(host),
    member: member && etcd && membership && { file: member, all: etcd, membership },
  });
}
