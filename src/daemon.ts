/**
 * The composition root: it alone constructs services.
 *
 *   store ─► this host (tag, QEMU) ─► networks ─► guests adopted ─► operations recovered ─► server
 */
import { hostname } from "node:os";
import { join } from "node:path";
import { systemClock } from "#base/clock";
import { type HomePaths } from "#base/home";
import { keepDescriptors } from "#base/inheritance";
import { createLog, type Log } from "#base/log";
import { OperationRegistry } from "#durable/operation/define";
import { OperationEngine } from "#durable/operation/engine";
import { knowPools } from "#domain/volume/rbd-pool";
import { WholeStore } from "#durable/store/whole-store";
import { Access } from "#domain/access/access";
import { KeepBalance } from "#domain/cluster/rebalance/keep-balance";
import { lookAround } from "#domain/cluster/look";
import { AuditLog } from "#domain/access/audit";
import type { Demand } from "#domain/host/demand";
import { hasRebooted, noteBoot } from "#domain/host/boot";
import { EventLog } from "#domain/host/events";
import { Networks } from "#domain/network/networks";
import { Elsewhere } from "#domain/network/spanning/elsewhere";
import { allowWithoutCells } from "#hypervisor/cell/tool";
import { watchLogs } from "#domain/host/keep-logs";
import { ensureTag } from "#domain/host/this-host";
import { adopt } from "#domain/guest/adopt";
import { imageFolders, sweepImages } from "#domain/image/sweep";
import { Balloons } from "#domain/guest/balloon";
import { watchMemory } from "#domain/guest/relieve";
import { settleMoves } from "#domain/guest/migrate/arrivals";
import { welcomeAll } from "#domain/guest/migrate/welcome";
import { guestKey, guestPrefix, guestTarget, listGuests, type GuestRecord } from "#domain/guest/record";
import { clearAway } from "#domain/cluster/failover/clear-away";
import { spreadEvents } from "#domain/cluster/spread-events";
import { webhookPrefix } from "#domain/webhook/record";
import { Drains } from "#domain/cluster/drain/drains";
import { tellHappenings } from "#domain/view/happenings";
import { formatPlace } from "#domain/view/place";
import { Views } from "#domain/view/views";
import { wireDomain } from "./daemon/domain.ts";
import { wireEvacuation } from "./daemon/evacuation.ts";
import { collectLayers } from "#domain/volume/layer";
import { LodgeError } from "#contract/errors";
import { layerRoots } from "./daemon/image-guests.ts";
import { Availability } from "./daemon/availability.ts";
import { giveMemoryBack } from "./daemon/give-back.ts";
import { memoryIn } from "./daemon/host-memory.ts";
import { openCells } from "./daemon/cells.ts";
import { followSharedChanges } from "./daemon/changes-elsewhere.ts";
import { wirePlacement, type Placement } from "./daemon/placement.ts";
import { firewallsElsewhere } from "./daemon/firewalls-elsewhere.ts";
import { openSpanning } from "./daemon/open-spanning.ts";
import { openCertificates } from "./daemon/certificates.ts";
import { imageHosts } from "./daemon/image-hosts.ts";
import { clusterService } from "./daemon/cluster-service.ts";
import { openMembership, type Membership } from "./daemon/membership.ts";
import { networksFolder } from "./daemon/log-files.ts";
import { hostService } from "./daemon/host-service.ts";
import { tellReady } from "./daemon/ready.ts";
import { openGroups } from "#hypervisor/cpu/open-groups";
import { setPrecedence } from "#hypervisor/cpu/precedence";
import { isPortFree } from "#hypervisor/net/ports";
import { readBootId } from "#hypervisor/host/boot-id";
import { isLoopback } from "#server/guard";
import { parseListen } from "#server/listen";
import { createServer, type Server } from "#server/server";
import { ensureToken } from "#server/token";
import { readComputer } from "./daemon/computer.ts";
import { openHostState } from "./daemon/host-state.ts";
import { prepareHome } from "./daemon/prepare-home.ts";
import { readVersion } from "./daemon/version.ts";

export interface DaemonOptions {
  readonly home: string;
  /** Each "HOST:PORT"; without any only the unix socket. Under TLS, but on loopback. */
  readonly listen?: readonly string[];
  /** Names and addresses besides the host's own that it answers to over TCP. */
  readonly names?: readonly string[];
  /** Guests' processes run as the daemon's own, in no cells: for guests that are trusted with the host. */
  readonly withoutCells?: boolean;
  /** The user's own certificate and key. */
  readonly certificate?: { readonly cert: string; readonly key: string };
}

/** Why a daemon ends. "anew": another is to begin in its place, in the same process. */
export type Ending = "asked" | "fenced" | "anew";

export interface Daemon {
  readonly paths: HomePaths;
  /**
   * Resolves when it has been told to stop, by a signal or a request; "fenced": another host took this one's guests over, or it
   * is no member any more. A daemon that starts afterwards has what was left to it.
   */
  readonly stopped: Promise<Ending>;
  stop(): Promise<void>;
}

/** Starts a daemon on a home. @throws LodgeError api.daemon_running, store.unavailable, host.command_missing */
export async function startDaemon(options: DaemonOptions, log: Log = createLog()): Promise<Daemon> {
  keepDescriptors();
  if (options.withoutCells) allowWithoutCells();
  const { paths, logs, release } = await prepareHome(options.home, log);
  // Whoever asks for a guest waits for the daemon first.
  setPrecedence(process.pid, "daemon");
  const clock = systemClock;
  const startedAt = clock.now();
  const ownVersion = await readVersion();
  const halt = Promise.withResolvers<Ending>();
  const onFenced = () => halt.resolve("fenced");
  const state = await openHostState({ paths, clock, log, onFenced, version: ownVersion });
  const { all, store, member, etcd, key } = state;
  const tag = await ensureTag(store);
  const computer = await readComputer({ home: paths.home, store, clock, name: member?.name });
  const { features, hardware } = computer;
  const events = new EventLog(join(paths.logs, "events.jsonl"), clock, member?.name);
  if (member) await settleMoves(store, member.host);
  // As the earlier daemon left them: nobody changes one until they are adopted, and there may be ten thousand.
  let left: readonly GuestRecord[] | undefined = await listGuests(store);
  const elsewhere = member && new Elsewhere(member.host, isPortFree);
  await elsewhere?.take({ type: "all", ...(await all.list(guestPrefix)) });
  // Those that are on their way here: what is wired for them is theirs.
  let coming = (): readonly GuestRecord[] => [];
  const networks: Networks = new Networks({
    store,
    tag,
    folder: networksFolder(paths),
    members: async () => [...(left ?? (await listGuests(store))), ...coming()],
    elsewhere,
    onReleased: async (guest) => spanning?.left(guest),
    requireSpan: (guest) => spanning?.requireSpan(guest),
  });
  await networks.open();
  const spanning =
    member && elsewhere
      ? await openSpanning({ member, all, networks, elsewhere, tag, clock, log, home: paths.home })
      : undefined;
  const registry = new OperationRegistry();
  const engine = new OperationEngine({ store, registry, clock, log });
  const views = new Views(all, events, member?.host);
  await views.open();
  const whole = member ? new WholeStore(all, views.whereabouts) : store;
  const access = new Access({ store, clock, key, title: `Lodge ${hostname()}` });
  const forgetProject = (project: string) => access.forgetProject(project);
  tellHappenings(views, events);
  const groups = openGroups(tag);
  const cells = await openCells(features.binary, options.withoutCells ?? false, log);
  const membership = member && (await openMembership({ member, all, home: paths.home, clock, log }));
  const parts = {
    store,
    all,
    hosts: membership && {
      list: () => cluster.cluster.hosts(),
      onChange: (listener: () => void) => membership.members.onChange(listener),
    },
    otherHosts: membership && { whole, images: imageHosts(membership, views.whereabouts) },
    firewallsElsewhere: membership && firewallsElsewhere(membership, views.whereabouts),
    whole,
    host: member?.host,
    member,
    reaching: membership,
    chooseOther: (guest: string): Promise<string> => placement.placer.chooseOther(guest),
    requireReserve: member && ((demand: Demand) => placement.placer.requireReserve(demand)),
    features,
    key,
    clock,
    log,
    engine,
    registry,
    networks,
    spanning,
    events,
    views,
    hardware,
    groups,
    paths,
    cells,
    tag,
  };
  const availability = member
    ? new Availability({ member, all, paths, clock, log, events, startedAt })
    : undefined;
  const domain = wireDomain({ ...parts, forgetProject, safeguards: availability?.safeguards });
  coming = domain.moving.coming;
  const placement: Placement = wirePlacement({ ...parts, domain, machineTypes: features.machines });
  const evacuation =
    membership &&
    wireEvacuation({
      ...parts,
      host: member!.host,
      moves: domain.moving.moves,
      board: () => placement.boards.current(),
      policy: async () => (await placement.placer.settings()).policy,
      members: () => membership.members,
      hostsOf: (guest) => views.whereabouts.hostsOf(guestKey(guest)),
    });
  const balance =
    membership &&
    new KeepBalance({
      store: all,
      host: membership.id,
      hosts: () =>
        membership.members
          .all()
          .filter(({ id, witness }) => !witness && membership.members.beat(id) !== undefined)
          .map(({ id }) => id),
      settings: () => placement.placer.settings(),
      plan: () => placement.placer.planRebalance(),
      hostsOf: (guest) => views.whereabouts.hostsOf(guestKey(guest)),
      clock,
      log,
    });
  const names = (options.names ?? []).map((name) => name.toLowerCase());
  const reachable = options.listen?.some((address) => !isLoopback(parseListen(address).host)) ?? false;
  const folder = join(paths.home, "tls");
  const { certificate: files } = options;
  const tls = reachable ? await openCertificates({ folder, clock, tag, names, files }) : undefined;
  const host = hostService({
    ...parts,
    fleet: domain.fleet,
    division: domain.division,
    pools: () => domain.services.pools.list(),
    span: spanning && (() => spanning.look()),
    cluster: membership && (() => lookAround({ ...membership, host: membership.id, all, clock })),
    stop: domain.operations.stop,
    suspend: domain.operations.suspend,
    admit: domain.admit,
    followed: domain.followed,
    tag,
    startedAt,
    ...computer,
    home: paths.home,
    logs: paths.logs,
    version: ownVersion,
    qemu: features.version,
    fingerprint: tls?.fingerprint,
    onShutdown: () => halt.resolve("asked"),
  });
  const cluster = clusterService({
    store,
    engine,
    registry,
    key,
    tag,
    startedAt,
    clock,
    log,
    home: paths.home,
    version: ownVersion,
    beginAnew: () => halt.resolve("anew"),
    reserve: async () =>
      (await placement.placer.settings()).reserve > 0 ? placement.placer.reserve() : undefined,
    member: member && etcd && membership && { file: member, all: etcd, membership },
  });
  const boot = await readBootId();
  const rebooted = await hasRebooted(store, boot);
  await knowPools(store, join(paths.home, "layers"), key);
  const records = left;
  left = undefined;
  await availability?.open(records);
  const ended = await adopt(domain.fleet, { records, rebooted });
  await noteBoot(store, boot);
  await domain.openProjects();
  await domain.templates.open();
  const folders = await imageFolders(paths.images);
  const recovered = await engine.recover();
  domain.division.resume(recovered);
  await welcomeAll(domain.fleet);
  if (membership) {
    domain.moving.offer(membership.tunnels, domain.displays);
    await domain.replicating.open(membership.tunnels);
  }
  void Promise.all(recovered.map(({ completion }) => completion))
    .then(async () => {
      await sweepImages(store, paths.images, folders);
      if (!member) return;
      const places = { guests: paths.guests, layers: join(paths.home, "layers") };
      const isBusy = (guest: string) => engine.holderOf(guestTarget(guest)) !== undefined;
      // Also of guests whose replicas were started elsewhere.
      await collectLayers(store, () => layerRoots(store));
      const gone = await clearAway({ all, host: member.host, places, before: startedAt, isBusy });
      if (gone.length > 0) log.info({ gone }, "what was left of guests that others have by now is gone");
    })
    .catch((error: unknown) => log.warn({ err: error }, "what is left of images stays for now"));
  await domain.uploads.open({ rebooted });
  await domain.upkeep.start();
  await domain.webhooks.open();
  await domain.recordings.open();
  // Whether they come back is in their records; what is left is whether they are removed.
  for (const record of ended) domain.settle(record, { clean: true, asked: true });
  const relief = watchMemory({
    fleet: domain.fleet,
    memory: memoryIn(groups),
    folder: paths.guests,
    suspend: domain.suspend,
    idle: (guest) => domain.usage.history.idle(guest, clock.now()),
    balloons: new Balloons(domain.fleet),
    release: (bytes) => domain.stock.release(bytes, "the host runs out of memory"),
    clock,
    log,
  });
  const givingBack = giveMemoryBack();
  await domain.usage.open();
  const leaving = new AbortController();
  if (member) {
    spreadEvents({ store: all, host: member.name, events, clock, log }, leaving.signal);
    const told = {
      "access/": () => access.changedElsewhere(),
      [webhookPrefix]: () => domain.webhooks.changedElsewhere(),
    };
    followSharedChanges({ store: all, clock, log, told }, leaving.signal);
  }
  await placement.open(leaving.signal);
  const audit = new AuditLog({ folder: join(paths.home, "audit"), clock });
  const shortLogs = watchLogs({ ...logs, clock });
  const server: Server = await createServer({
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
      replicas: {
        ...domain.replicating.service,
        async promote(ref, body) {
          if (!availability || !membership) throw new LodgeError("move.alone");
          const { members } = membership;
          return availability.promote(ref, body, { members, closeReplica: domain.replicating.close });
        },
      },
    },
    placing: placement.placing,
    log,
    version: ownVersion,
    token: await ensureToken(paths.token),
    web: join(import.meta.dirname, "../web/dist"),
    tag,
    names,
    ...(tls ? { tls } : {}),
    ...(membership ? peerOptions(membership) : {}),
  });
  await server.listenUnix(paths.socket);
  for (const address of options.listen ?? [])
    log.info({ address: await server.listenTcp(address) }, "listening");
  if (member && membership) {
    const address = await server.listenPeers(member.address, membership.identity);
    log.info({ address }, "listening for the cluster's hosts");
    cluster.open();
  }
  if ((options.listen ?? []).length > 0 && (await access.entry.options()).firstUse)
    log.info("nobody has an account yet: 'lodge sign-in-link' prints a link with which the first is made");
  log.info({ home: paths.home, tag, qemu: features.version }, "lodged is ready");
  tellReady().catch((error: unknown) =>
    log.warn({ err: error }, "systemd was not told that lodged is ready"),
  );
  if (membership)
    await availability?.begin({
      fleet: domain.fleet,
      engine,
      start: domain.operations.start,
      members: membership.members,
      board: () => placement.boards.current(),
      policy: async () => (await placement.placer.settings()).policy,
      closeReplica: domain.replicating.close,
    });
  evacuation?.returns.open();
  balance?.open();
  const chains = domain.keepShort();
  domain.bringBack().catch((error: unknown) => log.error({ err: error }, "guests were not brought back"));

  const stop = async () => {
    leaving.abort();
    await domain.replicating.shut();
    evacuation?.returns.close();
    balance?.close();
    await server.close();
    await cluster.close();
    membership?.close();
    await domain.recordings.close();
    audit.close();
    relief.abort();
    chains.abort();
    shortLogs.abort();
    clearInterval(givingBack);
    await domain.usage.close();
    // Before the engine halts: what it awaits of operations would never come.
    await domain.upkeep.close();
    domain.uploads.close();
    await domain.webhooks.close();
    engine.halt();
    await availability?.close();
    domain.fleet.close();
    spanning?.close();
    views.close();
    await store.close();
    release();
    halt.resolve("asked");
  };
  return { paths, stopped: halt.promise, stop };
}

const peerOptions = ({ directory, tunnels, doors }: Membership) => ({
  tunnels: { members: directory, tunnels },
  peers: doors,
});
