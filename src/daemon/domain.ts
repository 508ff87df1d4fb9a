/** Wires the domain: every operation registered, every service made, what was running taken up again. */
import { wholeSight } from "#domain/access/sight";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { inTurn } from "#durable/store/turn";
import { resultOf } from "#durable/operation/record";
import { requireCompany } from "#domain/cluster/placement/company";
import { Displays } from "#domain/console/displays";
import { Recordings } from "#domain/console/recording/recordings";
import { Cells } from "#domain/guest/cell";
import { defineCreate } from "#domain/guest/create";
import { bringBack } from "#domain/guest/bring-back";
import { Fleet } from "#domain/guest/fleet";
import { Guests } from "#domain/guest/guests";
import { watchChains } from "#domain/guest/keep-short";
import { guestById, guestTarget, listGuests, type GuestRecord } from "#domain/guest/record";
import { occupants } from "#domain/guest/volume/occupants";
import { Volumes } from "#domain/guest/volume/volumes";
import { Snapshots } from "#domain/guest/snapshot/snapshots";
import { imageTools } from "#domain/image/host-tools";
import { imageById } from "#domain/image/record";
import { defineImageOperations, ImageService } from "#domain/image/service";
import { NetworkMaker } from "#domain/network/define";
import { DiskKeys } from "#domain/volume/disk-key";
import { FenceDevices } from "#domain/cluster/fence/devices";
import { Pools } from "#domain/volume/pools";
import { Projects } from "#domain/project/projects";
import { currentBudget } from "#domain/template/budget-setting";
import { defineBuild } from "#domain/template/build";
import { mediumPath, Runner } from "#domain/template/run";
import { defineTemplateRemove } from "#domain/template/remove";
import { Stock } from "#domain/template/stock";
import { Templates } from "#domain/template/templates";
import { Upkeep } from "#domain/template/upkeep";
import { Uploads } from "#domain/upload/uploads";
import { Webhooks } from "#domain/webhook/webhooks";
import { Admittance } from "./admittance.ts";
import { usedCells } from "./cells.ts";
import { Division } from "./division.ts";
import type { Domain, DomainParts } from "./domain-parts.ts";
import { domainServices } from "./domain-services.ts";
import { desktopService } from "./desktop-service.ts";
import { defineGuestOperations } from "./guest-operations.ts";
import { imageGuests, layerRoots } from "./image-guests.ts";
import { memoryIn } from "./host-memory.ts";
import { checkMemory, memoryToGive } from "./memory-check.ts";
import { farEndOf, wireMoves } from "./moves.ts";
import { wireReplicas } from "./replicas.ts";
import { Settling } from "./settling.ts";
import { heldBy, rememberedIn } from "./objects.ts";
import { firewallService } from "./firewall-service.ts";
import { outboundOf } from "./outbound.ts";
import { networkService, shownNetworks } from "./shown-networks.ts";
import { templateMachine } from "./template-machine.ts";
import { viewServices } from "./view-services.ts";

export function wireDomain(parts: DomainParts): Domain {
  const { store, key, clock, log, engine, registry, networks, events, views, hardware, groups, paths } =
    parts;
  const places = {
    guests: paths.guests,
    templates: paths.templates,
    run: paths.run,
    layers: join(paths.home, "layers"),
    images: paths.images,
  };
  const host = usedCells(parts.cells);
  const cells = host && new Cells({ store, places, tag: parts.tag, host });
  const division = new Division({
    store,
    whole: parts.whole,
    views,
    folder: places.guests,
    memory: memoryIn(groups),
    ...(parts.requireReserve ? { requireReserve: parts.requireReserve } : {}),
    ...(parts.host === undefined
      ? {}
      : { inTurn: (project, work) => inTurn(store, `quota-turns/${project}`, clock, work) }),
  });
  const { pass } = division;
  const diskKeys = new DiskKeys(key);
  const launchParts = {
    diskKeys,
    store,
    whole: parts.whole,
    places,
    networks,
    cells,
    hardware,
    groups,
    pass,
    log,
    ...(parts.safeguards ? { safeguards: parts.safeguards } : {}),
  };
  const roots = () => layerRoots(store);
  const fleet: Fleet = new Fleet({
    ...launchParts,
    clock,
    events,
    farEnd: parts.reaching && farEndOf(parts.reaching, views),
    onSettled: (record, end) => settling.settle(record, end),
  });
  const medium = (image: string, project: string) => mediumPath({ store }, image, project);
  const guestParts = { fleet, layerRoots: roots, key, clock };
  const stock = new Stock({
    store,
    places,
    events,
    budget: () => currentBudget(store, paths.templates),
    layerRoots: roots,
    onGone: () =>
      images.tidy().catch((error: unknown) => log.warn({ err: error }, "old images stay for now")),
  });
  const memory = { store, hardware, stock, read: memoryIn(groups) };
  const requireRoom = (record: GuestRecord, count = 1) => checkMemory(memory, record, { count });

  const templateBuild = defineBuild({
    ...launchParts,
    clock,
    events,
    fit: (record, size) => templates.fit(record, size),
  });
  const templateRemove = defineTemplateRemove({ store, stock });
  const templates: Templates = new Templates({
    ...launchParts,
    clock,
    engine,
    events,
    stock,
    // Another of its shape may have become one too many, and its image may have been rebuilt meanwhile.
    onBuilt: () => upkeep.soon(),
    requireMemory: requireRoom,
    build: templateBuild,
    remove: templateRemove,
    machineOf: templateMachine({ hardware, key, clock }),
  });
  const create = defineCreate({ ...guestParts, parked: (template) => stock.parked(template) });
  const pools = new Pools({
    store,
    key,
    clock,
    home: paths.home,
    folder: places.layers,
    occupants: () => occupants(store),
  });
  const operations = defineGuestOperations({
    ...guestParts,
    promise: (pool, bytes) => pools.promise(pool, bytes),
    engine,
    imagePath: async (image) => (await imageById(store, image)).image.path,
    mediumPath: medium,
    requireRoom,
  });
  const moving = wireMoves({
    ...guestParts,
    engine,
    mediumPath: medium,
    requireMemory: requireRoom,
    features: parts.features,
    choose: parts.chooseOther,
    bring: (image, project) => images.bring(image, project),
    reaching: parts.reaching,
    home: paths.home,
    tag: parts.tag,
    member: parts.member,
  });
  const replicating = wireReplicas({
    ...guestParts,
    engine,
    all: parts.all,
    bring: (image, project) => images.bring(image, project),
    choose: parts.chooseOther,
    reaching: parts.reaching,
  });
  const may = outboundOf(store, networks);
  const tools = imageTools(clock, undefined, may);
  const webhooks = new Webhooks({
    store,
    whole: parts.whole,
    key,
    clock,
    log,
    events,
    may,
    folder: join(paths.home, "webhooks"),
  });
  const makeParts = { store, key, clock, folder: paths.images };
  const users = imageGuests(store);
  const imageOperations = defineImageOperations(makeParts, tools, users, parts.otherHosts);
  registry.add(
    create,
    templateBuild,
    templateRemove,
    ...(Object.values(operations) as never[]),
    ...(moving.operations as never[]),
    replicating.operation as never,
    ...(Object.values(imageOperations) as never[]),
  );
  const admittance = new Admittance();
  const settling: Settling = new Settling({ engine, operations, admittance, log });
  const upkeep = new Upkeep({
    store,
    stock,
    clock,
    log,
    surroundings: () => templates.surroundings(),
    succeed: admittance.admitted((record) => templates.succeed(record)),
  });
  const images: ImageService = new ImageService({
    ...makeParts,
    engine,
    operations: imageOperations,
    tools,
    guests: users,
    others: parts.otherHosts,
    log,
    // Every image that can be forked gets a template of the usual shape; those of the image it replaces go.
    onMade: (image) => {
      upkeep.soon();
      templates
        .parkUsual(image)
        .catch((error: unknown) => log.warn({ err: error, image }, "no template was made"));
    },
  });
  const arriving = join(paths.images, "uploads");
  const uploads = new Uploads({
    store,
    clock,
    log,
    folder: arriving,
    pass,
    importStaged: (input, targets) => images.importStaged(input, targets),
  });
  const runner = new Runner({
    ...launchParts,
    key,
    clock,
    engine,
    create,
    templates,
    events,
    promise: (pool, bytes) => pools.promise(pool, bytes),
    requireMemory: (record, refill) => checkMemory(memory, record, { once: refill }),
    requireCompany: (record) => requireCompany({ store, member: parts.member }, record),
  });
  const guests = new Guests({
    fleet,
    engine,
    operations,
    drives: { fleet, mediumPath: medium },
    requireMore: (record, bytes) => checkMemory(memory, record, { count: 0, once: bytes }),
  });

  async function suspend(guest: string): Promise<void> {
    const { project } = await guestById(store, guest);
    // Behind what a guest is busy with, for however long, the host's memory would run out.
    const options = { targets: [guestTarget(guest)], project, whenBusy: "refuse" } as const;
    const started = await engine.start(operations.suspend, { guest }, options);
    resultOf(operations.suspend, await started.completion);
  }

  const displays = new Displays({ store, fleet, clock, log });
  const recordings = new Recordings({
    store,
    displays,
    events,
    folder: join(paths.home, "recordings"),
    clock,
    log,
  });
  const volumes = new Volumes({ ...guestParts, engine, operations, pools });
  const desktops = desktopService({
    ...{ store, clock, log, engine, fleet, guests, operations, runner, displays, recordings, events, views },
    whole: parts.whole,
    memberships: parts.memberships,
    bring: (image, project) => images.bring(image, project),
    reaching: parts.reaching,
    rank: parts.rankHosts,
    isShut: () => admittance.closed.aborted,
    layers: places.layers,
    volumes,
    layerRoots: roots,
    letGoOfLost:
      parts.letGoOfLost &&
      ((lost, guest) =>
        parts.letGoOfLost!(lost, guest, (record) =>
          networks.claims(record, record.nics).map(({ key }) => key),
        )),
  });
  registry.add(...desktops.operations);

  const fences = new FenceDevices({ store: parts.all, clock });
  const shown = shownNetworks({ networks, views, spanning: parts.spanning });
  const maker = new NetworkMaker({
    store,
    tag: parts.tag,
    clock,
    networks,
    members: () => listGuests(parts.whole),
    events,
  });
  const projects = new Projects({
    store,
    clock,
    held: (project) => heldBy(parts.whole, project),
    async clear(project) {
      await parts.forgetProject(project);
      await networks.removeOf(project);
    },
    usage: (project) => division.usage(project),
  });
  const firewalls = firewallService({
    store,
    whole: parts.whole,
    clock,
    networks,
    elsewhere: parts.firewallsElsewhere,
  });
  const lists = viewServices({
    webhooks: () => webhooks.list(),
    desktopPools: () => desktops.service.pools.list(wholeSight()),
    desktops: () => desktops.service.list({}, wholeSight()),
    onDesktops: (listener) => desktops.onUse(listener),
    hosts: parts.hosts,
    store,
    all: parts.all,
    key,
    home: paths.home,
    uploads: arriving,
    views,
    events,
    fleet,
    clock,
    log,
    networks: shown.list,
    firewalls: () => firewalls.list(wholeSight()),
    drops: (guests) => firewalls.drops(guests),
    guestsIn: shown.guestsIn,
    templates: () => templates.list(),
    projects: () => projects.list(),
    pools: () => pools.list(),
    volumes: () => volumes.list(),
  });

  return {
    fleet,
    division,
    memoryToGive: () => memoryToGive(memory),
    templates,
    operations,
    moving,
    displays,
    replicating,
    webhooks,
    desktops,
    recordings,
    stock,
    upkeep,
    uploads,
    settle: (record, end) => settling.settle(record, end),
    followed: () => settling.followed(),
    admit: (open) => admittance.admit(open),
    suspend,
    openProjects: () => projects.open(),
    usage: lists.usage,
    keepShort: () => watchChains({ store, engine, shorten: operations.shorten, clock, log }),
    bring: (image, project) => images.bring(image, project),
    bringBack: () =>
      bringBack(
        { fleet, engine, start: operations.start, processors: availableParallelism() },
        admittance.closed,
      ),
    services: domainServices({
      ...parts,
      hostName: parts.member?.name,
      elsewhere:
        parts.host === undefined
          ? undefined
          : {
              whole: parts.whole,
              whereabouts: views.whereabouts,
              self: parts.host,
              caughtUp: () => views.caughtUp(),
              remembered: rememberedIn(views),
            },
      fleet,
      guests,
      moves: moving.moves,
      snapshots: new Snapshots({ fleet, engine, operations }),
      images,
      uploads,
      templates,
      runner,
      desktops: desktops.service,
      removeVolume: (ref) => desktops.homes.removeVolume(ref),
      admittance,
      lists,
      projects,
      firewalls,
      networkService: networkService(store, maker, shown, parts.spanning),
      fences,
      pools,
      volumes,
      displays,
      recordings,
    }),
  };
}
