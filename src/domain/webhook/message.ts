/** What is sent: a type, a time, and data, under an id that is the same each time it is sent. */
import { newId } from "#base/ids";
import type { Schemas } from "#contract/schemas";

export interface Message {
  /** The header webhook-id. Without a dot: one parts it from the time in what is signed. */
  readonly id: string;
  readonly type: string;
  readonly body: string;
}

const message = (id: string, body: Schemas["WebhookMessage"]): Message => ({
  id,
  type: body.type,
  body: JSON.stringify(body),
});

/** The event's time is in its id: a log that was lost begins to count anew. */
export const ofEvent = (webhook: string, event: Schemas["Event"]): Message =>
  message(`msg_${webhook}_${Number(event.id)}_${Date.parse(event.at).toString(36)}`, {
    type: event.kind,
    timestamp: event.at,
    data: event,
  });

interface About {
  readonly id: string;
  readonly name: string;
}

export const ofTest = ({ id, name }: About, now: number): Message =>
  message(`msg_${id}_${newId("t")}`, {
    type: "webhook.ping",
    timestamp: new Date(now).toISOString(),
    data: { webhook: name, message: "This is a test: nothing has happened." },
  });

/** Instead of events that the log does not have any more. `cursor`: the last one before them. */
export const ofLost = ({ id, name }: About, cursor: string, events: number, now: number): Message =>
  message(`msg_${id}_lost_${Number(cursor)}_${events}`, {
    type: "webhook.lost",
    timestamp: new Date(now).toISOString(),
    data: {
      webhook: name,
      events,
      message: `${events} events were not sent and are not known any more: load what you keep of this Lodge anew.`,
    },
  });
