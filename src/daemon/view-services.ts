/** Lists and events as the API offers them: from what the daemon holds in memory of its records. */
import { join } from "node:path";
import { hasCode } from "#contract/errors";
import type { Owner } from "#contract/access";
import type { Clock } from "#base/clock";
import type { Log } from "#base/log";
import type { FeedKind } from "#contract/schema/feed";
import type { Schemas } from "#contract/schemas";
import { operationOwner } from "#durable/operation/record";
import type { SealKey } from "#durable/store/seal";
import type { Store } from "#durable/store/store";
import { wholeSight, type Sight } from "#domain/access/sight";
import type { Fleet } from "#domain/guest/fleet";
import { describeCloudInit } from "#domain/guest/cloud-init";
import { Thumbnails } from "#domain/guest/thumbnails";
import { UsageSampler } from "#domain/guest/usage";
import { UsageKeeper } from "#domain/guest/keep-usage";
import type { EventLog } from "#domain/host/events";
import { Composed } from "#domain/view/composed";
import { pageOfEvents } from "#domain/view/events-page";
import { Feed } from "#domain/view/feed";
import { every, guestFilter, imageFilter, operationFilter, recordingFilter } from "#domain/view/filter";
import { formatPlace } from "#domain/view/place";
import { describeStorage } from "#domain/view/storage";
import type { RecordKind, Views } from "#domain/view/views";
import type { Services } from "#server/services";

/** The hosts of the cluster, as its routes show them. */
export interface HostList {
  list(): Promise<readonly Schemas["ClusterHost"][]>;
  /** Calls back when one of them may be different, as long as the daemon lives. */
  onChange(listener: () => void): void;
}

export interface ViewParts {
  readonly store: Store;
  /** All there is, also of other hosts. */
  readonly all: Store;
  readonly key: SealKey;
  readonly home: string;
  /** Where uploads arrive. */
  readonly uploads: string;
  readonly views: Views;
  readonly events: EventLog;
  readonly fleet: Fleet;
  readonly clock: Clock;
  readonly log: Log;
  readonly networks: (sight: Sight) => Promise<Schemas["Network"][]>;
  readonly firewalls: () => Promise<Schemas["Firewall"][]>;
  /** What was dropped of a guest's NICs. */
  readonly drops: (guests: readonly Schemas["Guest"][]) => Promise<Schemas["NicDrops"][][]>;
  readonly templates: () => Promise<Schemas["Template"][]>;
  /** How many guests run in a network, of those that are seen. */
  readonly guestsIn: (network: Schemas["Network"], sight: Sight) => number;
  readonly projects: () => Promise<Schemas["Project"][]>;
  readonly pools: () => Promise<Schemas["Pool"][]>;
  readonly volumes: () => Promise<Schemas["Volume"][]>;
  readonly webhooks: () => Promise<Schemas["Webhook"][]>;
  readonly desktopPools: () => Promise<Schemas["DesktopPool"][]>;
  readonly desktops: () => Promise<Schemas["Desktop"][]>;
  /** Calls back when what this host alone knows of its desktops is another, as long as the daemon lives. */
  readonly onDesktops: (listener: () => void) => void;
  /** Of the cluster; undefined: this one is alone. */
  readonly hosts: HostList | undefined;
}

const shownNetworkOwner = ({ project }: Schemas["Network"]): Owner =>
  project === undefined ? { shared: true } : { project };

/** A desktop without what changes with each key and each frame. */
function toldOf({ viewers, lastInputAt: _, ...rest }: Schemas["Desktop"]): object {
  const seen = viewers.map(({ roundTrip: _trip, framesPerSecond: _frames, ...who }) => who);
  return { ...rest, viewers: seen };
}

export interface ViewServices {
  readonly guests: Services["guests"]["list"];
  /** Of a guest, where an error is only that the cluster's store cannot be asked; throws any other. */
  readonly remembered: (guest: string) => (error: unknown) => Schemas["Guest"];
  readonly images: Services["images"]["list"];
  readonly operations: Services["operations"]["list"];
  readonly recordings: Services["recordings"]["list"];
  readonly events: Services["events"];
  readonly metrics: Services["metrics"];
  readonly watch: Services["watch"];
  readonly usage: UsageKeeper;
}

export function viewServices(parts: ViewParts): ViewServices {
  const { store, views, events, fleet, clock, log } = parts;
  const usage = new UsageSampler({
    fleet,
    nics: (guest) => views.guests.get(guest)?.nics.map(({ id }) => id) ?? [],
  });
  const networks = async () => new Map((await parts.networks(wholeSight())).map((one) => [one.id, one]));
  const templates = async () => new Map((await parts.templates()).map((one) => [one.id, one]));
  const projects = async () => new Map((await parts.projects()).map((one) => [one.name, one]));
  const pools = async () => new Map((await parts.pools()).map((one) => [one.name, one]));
  const volumes = async () => new Map((await parts.volumes()).map((one) => [one.id, one]));
  const webhooks = async () => new Map((await parts.webhooks()).map((one) => [one.id, one]));
  const desktopPools = async () => new Map((await parts.desktopPools()).map((one) => [one.id, one]));
  const desktops = async () => new Map((await parts.desktops()).map((one) => [one.id, one]));
  const firewalls = async () => new Map((await parts.firewalls()).map((one) => [one.id, one]));
  const hosts = async () => new Map(((await parts.hosts?.list()) ?? []).map((one) => [one.id, one]));
  const host = new Composed({ read: hosts, owner: () => ({ shared: true }), clock, log });
  parts.hosts?.onChange(() => host.stirred());
  const desktop = new Composed({
    read: desktops,
    owner: ({ project }: Schemas["Desktop"]) => ({ project }),
    told: toldOf,
    ...{ clock, log },
  });
  parts.onDesktops(() => desktop.stirred());
  const webhook = new Composed({ read: webhooks, owner: () => ({}), clock, log });
  // Each says how many events are still to be sent.
  events.listen(() => webhook.stirred());
  const feed = new Feed({
    store: parts.all,
    views,
    events,
    usage,
    composed: {
      network: new Composed({ read: networks, owner: shownNetworkOwner, clock, log }),
      firewall: new Composed({
        read: firewalls,
        owner: ({ project }: Schemas["Firewall"]) => ({ project }),
        clock,
        log,
      }),
      template: new Composed({
        read: templates,
        owner: ({ project }: Schemas["Template"]) => ({ project }),
        clock,
        log,
      }),
      project: new Composed({
        read: projects,
        owner: ({ name }: Schemas["Project"]) => ({ project: name }),
        clock,
        log,
      }),
      // Whoever is signed in may see which there are.
      pool: new Composed({ read: pools, owner: () => ({ shared: true }), clock, log }),
      volume: new Composed({
        read: volumes,
        owner: ({ project }: Schemas["Volume"]) => ({ project }),
        clock,
        log,
      }),
      webhook,
      host,
      "desktop-pool": new Composed({
        read: desktopPools,
        owner: ({ project }: Schemas["DesktopPool"]) => ({ project }),
        ...{ clock, log },
      }),
      desktop,
    },
    shown(json, sight) {
      const network = JSON.parse(json) as Schemas["Network"];
      return JSON.stringify({ ...network, guests: parts.guestsIn(network, sight) });
    },
  });
  const keeper = new UsageKeeper({
    sampler: usage,
    file: join(parts.home, "cache/usage"),
    clock,
    log,
  });
  views.listen({
    turned(kind, { id }) {
      if (kind === "guest" && views.isHere(kind, id) && views.guests.get(id)?.state === "running")
        keeper.runs(id);
    },
    stirred: () => undefined,
  });
  const here = (kind: RecordKind, alone = false) =>
    alone ? ({ id }: { readonly id: string }) => views.isHere(kind, id) : undefined;
  const thumbnails = new Thumbnails({ fleet, now: () => performance.now() });
  return {
    watch: {
      guestUsage: async (id, { range = "hour" }) => keeper.history.of(id, range, clock.now()),
      hostUsage: async ({ range = "hour" }) => keeper.history.ofHost(range, clock.now()),
      thumbnail: (ref) => thumbnails.of(ref),
      cloudInit: (ref) => describeCloudInit(fleet, parts.key, ref),
      storage: () => describeStorage({ store, home: parts.home, uploads: parts.uploads }),
    },
    usage: keeper,
    metrics: {
      async collect(sight) {
        const [sample] = await Promise.all([usage.sample(), views.caughtUp()]);
        const counts: Record<string, number> = {};
        for (const operation of views.operations.values()) {
          if (!views.isHere("operation", operation.id) || !sight.sees(operationOwner(operation))) continue;
          counts[operation.status] = (counts[operation.status] ?? 0) + 1;
        }
        const guests = [...views.guests.values()].filter(
          ({ id, project }) => views.isHere("guest", id) && sight.sees({ project }),
        );
        return { guests, usage: sample, operations: counts, drops: await parts.drops(guests) };
      },
    },
    guests: ({ limit, cursor, ...filter }, sight, alone) =>
      views.page(views.guests, {
        limit,
        cursor,
        where: every([guestFilter(filter, sight), here("guest", alone)]),
      }),
    remembered: (guest) => (error) => {
      const known = hasCode(error, "store.unavailable") ? views.guests.get(guest) : undefined;
      if (!known) throw error;
      return known;
    },
    images: ({ limit, cursor, ...filter }, sight, alone) =>
      views.page(views.images, {
        limit,
        cursor,
        where: every([imageFilter(filter, sight), here("image", alone)]),
      }),
    operations: ({ limit, cursor, ...filter }, sight, alone) =>
      views.page(views.operations, {
        limit,
        cursor,
        where: every([operationFilter(filter, sight), here("operation", alone)]),
      }),
    recordings: ({ limit, cursor, guest }, sight, alone) =>
      views.page(views.recordings, {
        limit,
        cursor,
        where: every([recordingFilter(guest, sight), here("recording", alone)]),
      }),
    events: {
      async list(query, sight, alone) {
        const all = alone ? events.all().filter((event) => events.isOwn(event)) : events.all();
        return pageOfEvents(all, query, formatPlace(views.place), sight);
      },
      async read({ kinds = "event", guest, from, after }, sight, signal) {
        const wanted = new Set(kinds.split(",") as FeedKind[]);
        return feed.open({ kinds: wanted, from, after, guest, sight }, signal);
      },
    },
  };
}
