/** The domain as the server sees it: one service a noun. */
import type { Schemas } from "#contract/schemas";
import { LodgeError } from "#contract/errors";
import type { Clock } from "#base/clock";
import type { Log } from "#base/log";
import type { OperationEngine } from "#durable/operation/engine";
import { operationKey, toOperation, type OperationRecord } from "#durable/operation/record";
import type { SealKey } from "#durable/store/seal";
import type { Store } from "#durable/store/store";
import type { Displays } from "#domain/console/displays";
import type { Recordings } from "#domain/console/recording/recordings";
import { Sounds } from "#domain/console/sound/sounds";
import { Devices } from "#domain/guest/device/devices";
import type { Fleet } from "#domain/guest/fleet";
import type { Guests } from "#domain/guest/guests";
import { execInside, factsInside, readInside, writeInside } from "#domain/guest/inside";
import type { Moves } from "#domain/guest/migrate/moves";
import { Ports } from "#domain/guest/ports";
import { addShare, removeShare } from "#domain/guest/share/shares";
import type { Snapshots } from "#domain/guest/snapshot/snapshots";
import type { ImageService } from "#domain/image/service";
import type { Projects } from "#domain/project/projects";
import type { FenceDevices } from "#domain/cluster/fence/devices";
import type { Pools } from "#domain/volume/pools";
import type { Volumes } from "#domain/guest/volume/volumes";
import { Replies } from "#domain/request/replies";
import type { Runner } from "#domain/template/run";
import type { Templates } from "#domain/template/templates";
import type { Uploads } from "#domain/upload/uploads";
import { recordOwner } from "#domain/view/views";
import type { Services } from "#server/services";
import type { Admittance } from "./admittance.ts";
import { objectService, type Elsewhere } from "./objects.ts";
import type { ViewServices } from "./view-services.ts";

export interface ServiceParts {
  readonly store: Store;
  /** This host's name, in a cluster. */
  readonly hostName: string | undefined;
  readonly elsewhere: Elsewhere | undefined;
  readonly key: SealKey;
  readonly clock: Clock;
  readonly log: Log;
  readonly engine: OperationEngine;
  readonly fleet: Fleet;
  readonly guests: Guests;
  readonly moves: Moves;
  readonly snapshots: Snapshots;
  readonly images: ImageService;
  readonly uploads: Uploads;
  readonly templates: Templates;
  readonly runner: Runner;
  readonly desktops: Services["desktops"];
  readonly admittance: Admittance;
  readonly lists: ViewServices;
  readonly projects: Projects;
  readonly fences: FenceDevices;
  readonly pools: Pools;
  readonly volumes: Volumes;
  /** Homes of desktops among them. */
  readonly removeVolume: Services["volumes"]["remove"];
  readonly displays: Displays;
  readonly recordings: Recordings;
  readonly firewalls: Services["firewalls"];
  readonly networkService: Services["networks"];
}

export type DomainServices = Omit<
  Services,
  | "host"
  | "replicas"
  | "drains"
  | "placement"
  | "access"
  | "audit"
  | "webhooks"
  | "cluster"
  | "arrivals"
  | "visits"
>;

export function domainServices(parts: ServiceParts): DomainServices {
  const { store, key, clock, engine, fleet, guests, snapshots, images } = parts;
  const { templates, runner, projects, lists, recordings } = parts;
  const { hostName } = parts;
  const placed = (guest: Schemas["Guest"]): Schemas["Guest"] =>
    hostName === undefined ? guest : { ...guest, host: hostName };
  /** What is compared with what its reader saw is as he saw it. */
  const matching = (match: ((shown: Schemas["Guest"]) => void) | undefined) =>
    match && ((shown: Schemas["Guest"]) => match(placed(shown)));
  const devices = new Devices(fleet);
  const ports = new Ports(fleet);
  const admitted: Admittance["admitted"] = (begin) => parts.admittance.admitted(begin);
  return {
    objects: objectService(store, parts.elsewhere),
    projects: {
      list: async (sight) => (await projects.list()).filter(({ name }) => sight.sees({ project: name })),
      get: (name) => projects.get(name),
      create: (body) => projects.create(body),
      update: (name, body) => projects.update(name, body),
      usage: (name) => projects.usage(name),
      changeQuota: (name, change) => projects.changeQuota(name, change),
      remove: (name) => projects.remove(name),
    },
    guests: {
      list: lists.guests,
      get: (ref) => guests.get(ref).then(placed, lists.remembered(ref)),
      create: admitted(async (body, project) => {
        await images.bring(body.image, project);
        await images.bring(body.iso, project);
        return runner.run(body, project);
      }),
      update: async (ref, body, match) => placed(await guests.update(ref, body, matching(match))),
      remove: (ref, options) => guests.remove(ref, options),
      start: admitted((ref) => guests.start(ref)),
      stop: (ref, body) => guests.stop(ref, body),
      restart: admitted((ref, body) => guests.restart(ref, body)),
      pause: (ref) => guests.pause(ref),
      resume: (ref) => guests.resume(ref),
      suspend: (ref) => guests.suspend(ref),
      move: (ref, body) => parts.moves.begin(ref, body),
      checkMove: (ref, body, signal) => parts.moves.check(ref, body, signal),
      fork: admitted((ref, body) => guests.fork(ref, body)),
      async drive(ref, body, match) {
        if (body.image) await images.bring(body.image, (await guests.get(ref)).project);
        return placed(await guests.drive(ref, body, matching(match)));
      },
      addDisk: (ref, body) => guests.addDisk(ref, body),
      removeDisk: (ref, disk) => guests.removeDisk(ref, disk),
      resizeDisk: (ref, disk, body) => guests.resizeDisk(ref, disk, body),
      addNic: (ref, body) => guests.addNic(ref, body),
      removeNic: (ref, nic) => guests.removeNic(ref, nic),
      addShare: async (ref, body) => placed(await addShare(fleet, ref, body)),
      removeShare: async (ref, share) => placed(await removeShare(fleet, ref, share)),
      screenshot: (ref) => guests.screenshot(ref),
      logs: (ref, query) => guests.logs(ref, query),
      console: (ref, begin, signal) => guests.console(ref, begin, signal),
      facts: (ref) => factsInside(fleet, ref),
      exec: (ref, begin, signal) => execInside(fleet, ref, begin, signal),
      port: (ref, port, signal) => ports.connect(ref, port, signal),
      fileOut: (ref, begin, signal) => readInside(fleet, ref, begin, signal),
      fileIn: (ref, begin, content, signal) => writeInside(fleet, ref, begin, content, signal),
    },
    devices: {
      list: () => devices.list(),
      attach: async (ref, device) => placed(await devices.attach(ref, device)),
      detach: async (ref, device) => placed(await devices.detach(ref, device)),
    },
    snapshots: {
      list: (guest) => snapshots.list(guest),
      get: (guest, ref) => snapshots.get(guest, ref),
      take: (guest, body) => snapshots.take(guest, body),
      update: (guest, ref, body) => snapshots.update(guest, ref, body),
      remove: (guest, ref) => snapshots.remove(guest, ref),
      restore: admitted((guest, ref, body) => snapshots.restore(guest, ref, body)),
      fork: admitted((guest, ref, body) => snapshots.fork(guest, ref, body)),
      prune: (guest, rule) => snapshots.prune(guest, rule),
    },
    consoles: parts.displays,
    sounds: new Sounds({ displays: parts.displays, log: parts.log }),
    recordings: {
      start: (ref, by, body) => recordings.start(ref, by, body),
      list: lists.recordings,
      get: (id) => recordings.get(id),
      content: (id) => recordings.content(id),
      stop: (id) => recordings.stop(id),
      remove: (id) => recordings.remove(id),
    },
    images: {
      list: lists.images,
      get: (ref) => images.get(ref),
      update: (ref, body) => images.update(ref, body),
      build: (body, project) => images.build(body, project),
      import: (body, project) => images.import(body, project),
      pull: (body, project) => images.pull(body, project),
      create: (body) => images.create(body),
      remove: (ref) => images.remove(ref),
      manifest: (id, signal) => images.manifest(id, signal),
      piece: (id, file, offset, length) => images.piece(id, file, offset, length),
      fetch: (id) => images.fetch(id),
      drop: (id) => images.drop(id),
      updateCopy: (id, body) => images.updateCopy(id, body),
      recipes: (sight) => images.recipes((image) => sight.sees(recordOwner("image", image))),
    },
    uploads: parts.uploads,
    templates: {
      list: async (sight) => (await templates.list()).filter(({ project }) => sight.sees({ project })),
      build: admitted(async (body, project) => {
        await images.bring(body.image, project);
        return templates.buildFor(body, project);
      }),
      remove: (ref) => templates.remove(ref),
      budget: () => templates.budget(),
      changeBudget: (body) => templates.changeBudget(body),
    },
    firewalls: parts.firewalls,
    networks: parts.networkService,
    fences: parts.fences,
    desktops: parts.desktops,
    pools: parts.pools,
    volumes: {
      list: async (sight) => (await parts.volumes.list()).filter(({ project }) => sight.sees({ project })),
      get: (ref) => parts.volumes.get(ref),
      create: (body, project) => parts.volumes.create(body, project),
      resize: (ref, body) => parts.volumes.resize(ref, body),
      clone: (ref, body) => parts.volumes.clone(ref, body),
      move: (ref, body) => parts.volumes.move(ref, body),
      attach: (ref, body) => parts.volumes.attach(ref, body),
      detach: (ref, body) => parts.volumes.detach(ref, body),
      remove: (ref) => parts.removeVolume(ref),
    },
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
    watch: lists.watch,
    metrics: lists.metrics,
    // One that was begun by a request which another host answered is that host's.
    replies: new Replies({
      store,
      key,
      clock,
      operation: (id) =>
        engine.get(id).catch(async (error: unknown) => {
          const item = await parts.elsewhere?.whole.get(operationKey(id));
          if (!item) throw error;
          return toOperation(item.value as OperationRecord);
        }),
    }),
  };
}
