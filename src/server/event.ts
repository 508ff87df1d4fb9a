import type { StreamName } from "#contract/call";
import type { StreamHandlers } from "./handler.ts";
import type { EventService } from "./services.ts";
import { serveEvents } from "./stream/events.ts";

type EventRoute = Extract<StreamName, `event${string}`>;

export const eventStreams = (events: EventService): StreamHandlers<EventRoute> => ({
  eventStream: (channel, { query }) => serveEvents(events, query.after, channel),
});
