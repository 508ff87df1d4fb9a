import type { CallName, StreamName } from "#contract/call";
import type { Handlers, StreamHandlers } from "./handler.ts";
import type { EventService } from "./services.ts";
import { serveEvents } from "./stream/events.ts";

type EventRoute = Extract<StreamName, `event${string}`>;
type EventCall = Extract<CallName, `event${string}`>;

export const eventHandlers = (events: EventService): Handlers<EventCall> => ({
  eventList: ({ query, sight, alone }) => events.list(query, sight, alone),
});

export const eventStreams = (events: EventService): StreamHandlers<EventRoute> => ({
  eventStream: (outlet, { query, sight }) => serveEvents(events, query, sight, outlet),
});
