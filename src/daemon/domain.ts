/** Wires the domain: every operation registered, every service made, what was running taken up again. */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { LodgeError } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import type { Clock } from "#base/clock";
import type { HomePaths } from "#base/home";
import type { Log } from "#base/log";
import type { OperationRegistry } from "#durable/operation/define";
import type { OperationEngine } from "#durable/operation/engine";
import type { SealKey } from "#durable/store/seal";
import type { Store } from "#durable/store/store";
import { Displays } from "#domain/console/displays";
import { defineBranch } from "#domain/guest/branch";
import { compose } from "#domain/guest/compose";
import { defineCreate } from "#domain/guest/create";
import { defineDiskAdd } from "#domain/guest/disk-add";
import { defineDiskRemove } from "#domain/guest/disk-remove";
import { defineDiskResize } from "#domain/guest/disk-resize";
import { bringBack } from "#domain/guest/bring-back";
import { type End, Fleet } from "#domain/guest/fleet";
import { type GuestOperations, Guests } from "#domain/guest/guests";
import { execInside, factsInside, readInside, writeInside } from "#domain/guest/inside";
import type { Hardware } from "#domain/guest/launch";
import { definePause, defineResume } from "#domain/guest/pause";
import { watchChains } from "#domain/guest/keep-short";
import { guestTarget, type GuestRecord } from "#domain/guest/record";
import { defineRemove } from "#domain/guest/remove";
import { defineRestart } from "#domain/guest/restart";
import { defineShorten } from "#domain/guest/shorten";
import { defineStart } from "#domain/guest/start";
import { hasProcess } from "#domain/guest/state";
import { defineStop } from "#domain/guest/stop";
import { defineSuspend } from "#domain/guest/suspend";
import type { EventLog } from "#domain/host/events";
import { Replies } from "#domain/request/replies";
import { outboundFilter } from "#domain/host/outbound";
import { imageTools } from "#domain/image/host-tools";
import { findImage } from "#domain/image/record";
import { defineImageOperations, ImageService } from "#domain/image/service";
import type { Networks } from "#domain/network/networks";
import { currentBudget } from "#domain/template/budget-setting";
import { defineBuild } from "#domain/template/build";
import { mediumPath, Runner } from "#domain/template/run";
import { defineTemplateRemove } from "#domain/template/remove";
import { Stock } from "#domain/template/stock";
import { Templates } from "#domain/template/templates";
import { Upkeep } from "#domain/template/upkeep";
import type { Views } from "#domain/view/views";
import type { Services } from "#server/services";
import { imageGuests, layerRoots } from "./image-guests.ts";
import { checkMemory } from "./memory-check.ts";
import { viewServices } from "./view-services.ts";

export interface DomainParts {
  readonly store: Store;
  readonly key: SealKey;
  readonly clock: Clock;
  readonly log: Log;
  readonly engine: OperationEngine;
  readonly registry: OperationRegistry;
  readonly networks: Networks;
  readonly events: EventLog;
  readonly views: Views;
  readonly hardware: Hardware;
  readonly paths: HomePaths;
}

export interface Domain {
  readonly fleet: Fleet;
  readonly templates: Templates;
  readonly stock: Stock;
  readonly upkeep: Upkeep;
  readonly services: Omit<Services, "host" | "access" | "audit">;
  readonly operations: GuestOperations;
  /** Does what a guest's record asks for when it has ended. */
  readonly settle: (record: GuestRecord, end: End) => void;
  /** Resolves when nothing is under way any more that follows from a guest's end. */
  readonly followed: () => Promise<void>;
  /** Whether guests may be made and started from now on. */
  readonly admit: (open: boolean) => void;
  /** Begins to suspend a guest and waits until it is. */
  readonly suspend: (guest: string) => Promise<void>;
  /** Keeps the chains of layers below guests' disks short, until aborted. */
  readonly keepShort: () => AbortController;
  /** Starts the guests that are marked for it; ends early where guests are not admitted any more. */
  readonly bringBack: () => Promise<void>;
}

export function wireDomain(parts: DomainParts): Domain {
  const { store, key, clock, log, engine, registry, networks, events, views, hardware, paths } = parts;
  const places = {
    guests: paths.guests,
    templates: paths.templates,
    run: paths.run,
    layers: join(paths.home, "layers"),
  };
  const launchParts = { store, places, networks, hardware, log };
  const roots = () => layerRoots(store);
  const fleet: Fleet = new Fleet({
    ...launchParts,
    clock,
    events,
    onSettled: (record, end) => settle(record, end),
  });
  const medium = (image: string) => mediumPath({ store }, image);
  const imagePath = async (image: string) => (await findImage(store, image)).image.path;
  const stock = new Stock({
    store,
    places,
    events,
    budget: () => currentBudget(store, paths.templates),
    layerRoots: roots,
    onGone: () =>
      images.tidy().catch((error: unknown) => log.warn({ err: error }, "old images stay for now")),
  });
  const memory = { store, hardware, stock };
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
    machineOf: async (id, name, image, shape, layer, nic) =>
      compose(
        { hardware, key, clock },
        {
          id,
          name: "template",
          // Nobody's seed: a template knows no user.
          image: { ...image, cloudInit: false },
          body: { cpus: shape.cpus, memory: shape.memory },
          // An address decides that the NIC is a tap; the template's own leads nowhere.
          nics: [
            {
              id: "nic0",
              network: "default",
              mac: "52:54:00:00:00:00",
              ...(nic === "tap" ? { address: "0.0.0.0" } : {}),
            },
          ],
          disks: [{ id: "disk0", bus: "virtio-blk", format: "qcow2", size: image.size, layer }],
          ownMemory: false,
          origin: { image: name, how: "boot" },
        },
      ),
  });
  const guestParts = { fleet, layerRoots: roots, key, clock };
  const create = defineCreate({
    ...guestParts,
    parked: (template) => stock.parked(template),
  });
  const start = defineStart({ fleet, key, imagePath, mediumPath: medium, requireMemory: requireRoom });
  const stop = defineStop({ fleet });
  const operations: GuestOperations = {
    start,
    stop,
    restart: defineRestart(stop, start),
    pause: definePause({ fleet }),
    resume: defineResume({ fleet }),
    suspend: defineSuspend({ fleet }),
    remove: defineRemove(guestParts),
    branch: defineBranch({ ...guestParts, requireMemory: requireRoom }),
    diskAdd: defineDiskAdd(guestParts),
    diskRemove: defineDiskRemove(guestParts),
    diskResize: defineDiskResize(guestParts),
    shorten: defineShorten(guestParts),
  };
  const tools = imageTools(clock, undefined, () =>
    outboundFilter({
      store,
      subnets: async () => (await networks.list()).flatMap(({ subnet }) => subnet ?? []),
    }),
  );
  const makeParts = { store, key, clock, folder: paths.images };
  const users = imageGuests(store);
  const imageOperations = defineImageOperations(makeParts, tools, users);
  registry.add(
    create,
    templateBuild,
    templateRemove,
    ...(Object.values(operations) as never[]),
    ...(Object.values(imageOperations) as never[]),
  );
  const upkeep = new Upkeep({
    store,
    stock,
    clock,
    log,
    surroundings: () => templates.surroundings(),
    succeed: admitted((record) => templates.succeed(record)),
  });
  const images: ImageService = new ImageService({
    ...makeParts,
    engine,
    operations: imageOperations,
    tools,
    guests: users,
    log,
    // Every image that can be forked gets a template of the usual shape; those of the image it replaces go.
    onMade: (image) => {
      upkeep.soon();
      templates
        .parkUsual(image)
        .catch((error: unknown) => log.warn({ err: error, image }, "no template was made"));
    },
  });
  const runner = new Runner({
    ...launchParts,
    key,
    clock,
    engine,
    create,
    templates,
    events,
    requireMemory: (record, refill) => checkMemory(memory, record, { once: refill }),
  });
  const guests = new Guests({ fleet, engine, operations, drives: { fleet, mediumPath: medium } });

  const following = new Set<Promise<unknown>>();

  function settle(record: GuestRecord, { clean, asked }: End): void {
    const again = record.restart === "always" || (record.restart === "on-failure" && !clean);
    const target = { targets: [guestTarget(record.id)] };
    const begun = record.removeWhenStopped
      ? engine.start(operations.remove, { guest: record.id, force: false }, target)
      : again && !asked && !closed.signal.aborted
        ? engine.start(operations.start, { guest: record.id }, target)
        : undefined;
    if (!begun) return;
    const done = begun
      .then(({ completion }) => completion)
      .catch((error: unknown) =>
        log.warn({ err: error, guest: record.id }, "what follows a guest's end did not begin"),
      )
      .finally(() => following.delete(done));
    following.add(done);
  }

  /** Aborted while no guest may be made or started. */
  let closed = new AbortController();

  function admit(open: boolean): void {
    if (!open) closed.abort();
    else if (closed.signal.aborted) closed = new AbortController();
  }

  function admitted<A extends unknown[], R>(begin: (...args: A) => Promise<R>): (...args: A) => Promise<R> {
    return async (...args) => {
      if (closed.signal.aborted) throw new LodgeError("api.stopping");
      return begin(...args);
    };
  }

  async function suspend(guest: string): Promise<void> {
    const started = await engine.start(operations.suspend, { guest }, { targets: [guestTarget(guest)] });
    await started.completion;
  }

  async function shownNetworks(): Promise<Schemas["Network"][]> {
    await views.caughtUp();
    const running = [...views.guests.values()].filter(({ state }) => hasProcess(state));
    return (await networks.list()).map((record) => {
      const bridge = networks.bridgeOf(record);
      return {
        name: record.name,
        kind: record.kind,
        guests: running.filter(({ nics }) => nics.some(({ network }) => network === record.name)).length,
        ...(record.subnet === undefined ? {} : { subnet: record.subnet }),
        ...(bridge === undefined ? {} : { bridge }),
      };
    });
  }
  const lists = viewServices({
    store,
    views,
    events,
    fleet,
    clock,
    log,
    networks: shownNetworks,
    templates: () => templates.list(),
  });

  return {
    fleet,
    templates,
    operations,
    stock,
    upkeep,
    settle,
    followed: async () => void (await Promise.all(following)),
    admit,
    suspend,
    keepShort: () => watchChains({ store, engine, shorten: operations.shorten, log }),
    bringBack: () => bringBack({ fleet, engine, start, processors: availableParallelism() }, closed.signal),
    services: {
      guests: {
        list: lists.guests,
        get: (ref) => guests.get(ref),
        create: admitted((body) => runner.run(body)),
        update: (ref, body, match) => guests.update(ref, body, match),
        remove: (ref, options) => guests.remove(ref, options),
        start: admitted((ref) => guests.start(ref)),
        stop: (ref, body) => guests.stop(ref, body),
        restart: admitted((ref, body) => guests.restart(ref, body)),
        pause: (ref) => guests.pause(ref),
        resume: (ref) => guests.resume(ref),
        suspend: (ref) => guests.suspend(ref),
        fork: admitted((ref, body) => guests.fork(ref, body)),
        drive: (ref, body) => guests.drive(ref, body),
        addDisk: (ref, body) => guests.addDisk(ref, body),
        removeDisk: (ref, disk) => guests.removeDisk(ref, disk),
        resizeDisk: (ref, disk, body) => guests.resizeDisk(ref, disk, body),
        screenshot: (ref) => guests.screenshot(ref),
        logs: (ref, query) => guests.logs(ref, query),
        console: (ref, begin, signal) => guests.console(ref, begin, signal),
        facts: (ref) => factsInside(fleet, ref),
        exec: (ref, begin, signal) => execInside(fleet, ref, begin, signal),
        fileOut: (ref, begin, signal) => readInside(fleet, ref, begin, signal),
        fileIn: (ref, begin, content, signal) => writeInside(fleet, ref, begin, content, signal),
      },
      consoles: new Displays({ store, fleet, clock, log }),
      images: {
        list: lists.images,
        get: (ref) => images.get(ref),
        build: (body) => images.build(body),
        import: (body) => images.import(body),
        pull: (body) => images.pull(body),
        create: (body) => images.create(body),
        remove: (ref) => images.remove(ref),
        recipes: () => images.recipes(),
      },
      templates: {
        list: () => templates.list(),
        build: admitted((body) => templates.buildFor(body)),
        remove: (ref) => templates.remove(ref),
        budget: () => templates.budget(),
        changeBudget: (body) => templates.changeBudget(body),
      },
      networks: { list: shownNetworks },
      operations: {
        list: lists.operations,
        get: (id) => engine.get(id),
        async wait(id, { seconds = 30, seen }, signal) {
          const limit = AbortSignal.any([signal, AbortSignal.timeout(seconds * 1000)]);
          try {
            return await engine.wait(id, limit, seen);
          } catch (error) {
            if (signal.aborted || !limit.aborted || error instanceof LodgeError) throw error;
            return engine.get(id);
          }
        },
        cancel: (id) => engine.cancel(id),
      },
      events: lists.events,
      metrics: lists.metrics,
      replies: new Replies({ store, key, clock, operation: (id) => engine.get(id) }),
    },
  };
}
