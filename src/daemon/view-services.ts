/** Lists and events as the API offers them: from what the daemon holds in memory of its records. */
import type { Clock } from "#base/clock";
import type { Log } from "#base/log";
import type { FeedKind } from "#contract/schema/feed";
import type { Schemas } from "#contract/schemas";
import type { Store } from "#durable/store/store";
import { findGuest } from "#domain/guest/record";
import type { Fleet } from "#domain/guest/fleet";
import { UsageSampler } from "#domain/guest/usage";
import type { EventLog } from "#domain/host/events";
import { Composed } from "#domain/view/composed";
import { pageOfEvents } from "#domain/view/events-page";
import { Feed } from "#domain/view/feed";
import { guestFilter, imageFilter, operationFilter } from "#domain/view/filter";
import { formatPlace } from "#domain/view/place";
import type { Views } from "#domain/view/views";
import type { Services } from "#server/services";

export interface ViewParts {
  readonly store: Store;
  readonly views: Views;
  readonly events: EventLog;
  readonly fleet: Fleet;
  readonly clock: Clock;
  readonly log: Log;
  readonly networks: () => Promise<Schemas["Network"][]>;
  readonly templates: () => Promise<Schemas["Template"][]>;
}

export interface ViewServices {
  readonly guests: Services["guests"]["list"];
  readonly images: Services["images"]["list"];
  readonly operations: Services["operations"]["list"];
  readonly events: Services["events"];
  readonly metrics: Services["metrics"];
}

export function viewServices(parts: ViewParts): ViewServices {
  const { store, views, events, fleet, clock, log } = parts;
  const usage = new UsageSampler({
    fleet,
    nics: (guest) => views.guests.get(guest)?.nics.map(({ id }) => id) ?? [],
  });
  const networks = async () => new Map((await parts.networks()).map((one) => [one.name, one]));
  const templates = async () => new Map((await parts.templates()).map((one) => [one.id, one]));
  const feed = new Feed({
    store,
    views,
    events,
    usage,
    composed: {
      network: new Composed({ read: networks, clock, log }),
      template: new Composed({ read: templates, clock, log }),
    },
  });
  const guestId = async (ref: string | undefined) =>
    ref === undefined ? undefined : (await findGuest(store, ref)).id;
  return {
    metrics: {
      async collect() {
        const [sample] = await Promise.all([usage.sample(), views.caughtUp()]);
        const counts: Record<string, number> = {};
        for (const { status } of views.operations.values()) counts[status] = (counts[status] ?? 0) + 1;
        return { guests: [...views.guests.values()], usage: sample, operations: counts };
      },
    },
    guests: ({ limit, cursor, ...filter }) =>
      views.page(views.guests, { limit, cursor, where: guestFilter(filter) }),
    images: ({ limit, cursor, ...filter }) =>
      views.page(views.images, { limit, cursor, where: imageFilter(filter) }),
    operations: ({ limit, cursor, ...filter }) =>
      views.page(views.operations, { limit, cursor, where: operationFilter(filter) }),
    events: {
      list: async (query) => pageOfEvents(events.all(), query, formatPlace(views.place)),
      async read({ kinds = "event", guest, from, after }, signal) {
        const wanted = new Set(kinds.split(",") as FeedKind[]);
        return feed.open({ kinds: wanted, from, after, guest: await guestId(guest) }, signal);
      },
    },
  };
}
