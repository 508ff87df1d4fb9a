/** Lets users and other hosts in. */
import { join } from "node:path";
import { LodgeError } from "#contract/errors";
import type { AuditLog } from "#domain/access/audit";
import { Drains } from "#domain/cluster/drain/drains";
import { formatPlace } from "#domain/view/place";
import { createServer, type Server } from "#server/server";
import type { ReplicaService } from "#server/services";
import { ensureToken } from "#server/token";
import type { DaemonOptions } from "./options.ts";
import type { Ground } from "./ground.ts";
import type { Membership } from "./membership.ts";
import type { Wired } from "./wire.ts";

export async function openDoors(
  ground: Ground,
  wired: Wired,
  { listen = [], audit }: Pick<DaemonOptions, "listen"> & { readonly audit: AuditLog },
): Promise<Server> {
  const { paths, log, member, membership, access } = ground;
  const server = await buildServer(ground, wired, audit);
  await server.listenUnix(paths.socket);
  for (const address of listen) log.info({ address: await server.listenTcp(address) }, "listening");
  if (member && membership) {
    const address = await server.listenPeers(member.address, membership.identity);
    log.info({ address }, "listening for the cluster's hosts");
    wired.cluster.open();
  }
  const { visits, kept } = wired.domain.moving.between;
  await visits.open((address) => server.listenVisitors(address));
  await kept.open();
  if (listen.length > 0 && (await access.entry.options()).firstUse)
    log.info("nobody has an account yet: 'lodge sign-in-link' prints a link with which the first is made");
  return server;
}

async function buildServer(ground: Ground, wired: Wired, audit: AuditLog): Promise<Server> {
  const { paths, log, version, tag, membership, access, views } = ground;
  const { domain, placement, evacuation, host, cluster, names, tls } = wired;
  return createServer({
    services: {
      ...domain.services,
      drains: evacuation?.drains ?? new Drains(),
      host,
      placement: placement.placer,
      access,
      audit: {
        append: (entry) => audit.append(entry),
        list: async (...asked) => ({ ...(await audit.list(...asked)), at: formatPlace(views.place) }),
      },
      webhooks: domain.webhooks,
      cluster: cluster.cluster,
      arrivals: domain.moving.service,
      visits: domain.moving.between.visits,
      replicas: replicaService(ground, wired),
    },
    placing: placement.placing,
    log,
    version,
    token: await ensureToken(paths.token),
    web: join(import.meta.dirname, "../../web/dist"),
    tag,
    names,
    ...(tls ? { tls } : {}),
    visitors: domain.moving.between.door,
    ...(membership ? peerOptions(membership) : {}),
  });
}

function replicaService({ membership }: Ground, { availability, domain }: Wired): ReplicaService {
  return {
    ...domain.replicating.service,
    async promote(ref, body) {
      if (!availability || !membership) throw new LodgeError("move.alone");
      const { members } = membership;
      return availability.promote(ref, body, { members, closeReplica: domain.replicating.close });
    },
  };
}

const peerOptions = ({ directory, tunnels, doors }: Membership) => ({
  tunnels: { members: directory, tunnels },
  peers: doors,
});
