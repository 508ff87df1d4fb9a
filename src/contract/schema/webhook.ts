/** Webhooks, what they send, and what came of it. The messages are "Standard Webhooks" (version 1). */
import { Type, type Static } from "./type.ts";
import { Name, Timestamp } from "./fields.ts";
import { Event } from "./host.ts";

const strict = { additionalProperties: false } as const;

const Url = Type.String({
  pattern: "^https?://[^\\s]+$",
  maxLength: 2048,
  description:
    "An address that begins with https:// or http://, to which messages are sent by POST. It is kept sealed, since such addresses may hold a secret.",
  examples: ["https://ci.example.com/hooks/lodge"],
});

const Pattern = Type.String({
  pattern: "^(\\*|[a-z][a-z0-9_]*\\.(\\*|[a-z][a-z0-9_]*))$",
  maxLength: 96,
});

const Events = Type.Array(Pattern, {
  minItems: 1,
  maxItems: 50,
  description: "Kinds of events as 'lodge events' names them: guest.created, guest.*, or * for all.",
  examples: [["guest.created", "guest.removed", "image.*"]],
});

const Label = Type.String({
  minLength: 1,
  maxLength: 320,
  description: "key or key=value: only events of guests that have this label.",
  examples: ["tier=front"],
});

const Project = Type.String({
  minLength: 1,
  maxLength: 63,
  description: "Only events of what belongs to this project.",
});

const GuestRef = Type.String({
  minLength: 1,
  maxLength: 128,
  description: "Only events of this guest, by id or by its name in the project.",
});

const AllowHttp = Type.Boolean({
  description: "The address may be http, which anybody on the way can read.",
});

export const Webhook = Type.Object({
  id: Type.String({ examples: ["w0123456789"] }),
  name: Name,
  url: Url,
  allowHttp: AllowHttp,
  events: Events,
  guest: Type.Optional(Type.String({ description: "The id of the guest that events have to be of." })),
  label: Type.Optional(Label),
  project: Type.Optional(Project),
  state: Type.Union([Type.Literal("active"), Type.Literal("failing"), Type.Literal("paused")], {
    description: "failing: the last message was not taken, and is sent again; paused: nothing is sent.",
  }),
  paused: Type.Optional(
    Type.Union([Type.Literal("asked"), Type.Literal("gone"), Type.Literal("failed")], {
      description:
        "Why: somebody asked for it; the receiver answered 410 Gone; it took nothing for about a day.",
    }),
  ),
  failure: Type.Optional(
    Type.Object(
      {
        since: Timestamp,
        tries: Type.Integer({ description: "How often its next message was sent so far." }),
        next: Type.Optional(Timestamp),
        reason: Type.String(),
      },
      { description: "Of a webhook that fails or was paused for it." },
    ),
  ),
  waiting: Type.Integer({ description: "Events of its kinds that are still to be sent." }),
  lost: Type.Optional(
    Type.Object(
      { events: Type.Integer(), at: Timestamp },
      { description: "Events, of all kinds, that the log no longer had when this webhook came to them." },
    ),
  ),
  deliveredAt: Type.Optional(Timestamp),
  oldSecretUntil: Type.Optional(Timestamp),
  createdAt: Timestamp,
  createdBy: Type.Optional(Type.String({ description: "The account of who made it; none: the host." })),
});
export type Webhook = Static<typeof Webhook>;

export const WebhookCreate = Type.Object(
  {
    name: Name,
    url: Url,
    allowHttp: Type.Optional(AllowHttp),
    events: Type.Optional(Events),
    guest: Type.Optional(GuestRef),
    label: Type.Optional(Label),
    project: Type.Optional(Project),
  },
  strict,
);
export type WebhookCreate = Static<typeof WebhookCreate>;

export const WebhookUpdate = Type.Object(
  {
    name: Type.Optional(Name),
    url: Type.Optional(Url),
    allowHttp: Type.Optional(AllowHttp),
    events: Type.Optional(Events),
    guest: Type.Optional(Type.Union([GuestRef, Type.Null()], { description: "null: of all guests." })),
    label: Type.Optional(Type.Union([Label, Type.Null()], { description: "null: whatever their labels." })),
    project: Type.Optional(Type.Union([Project, Type.Null()], { description: "null: of all projects." })),
    paused: Type.Optional(Type.Boolean({ description: "false: it goes on with what came meanwhile." })),
    skip: Type.Optional(
      Type.Boolean({ description: "What has not been sent yet never is; only what happens from now on." }),
    ),
  },
  strict,
);
export type WebhookUpdate = Static<typeof WebhookUpdate>;

export const WebhookRotate = Type.Object(
  {
    overlap: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 30 * 86_400,
        default: 86_400,
        description: "Seconds for which messages are signed with the old secret as well.",
      }),
    ),
  },
  strict,
);
export type WebhookRotate = Static<typeof WebhookRotate>;

export const MadeWebhook = Type.Object({
  ...Webhook.properties,
  secret: Type.String({
    description: "What messages are signed with: 'whsec_' and 32 bytes in base64. Shown this once.",
    examples: ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
  }),
});
export type MadeWebhook = Static<typeof MadeWebhook>;

/** What a receiver gets: JSON, signed. */
export const WebhookMessage = Type.Object({
  type: Type.String({
    description:
      "The event's kind; webhook.ping of a test, webhook.lost where events are not known any more.",
    examples: ["guest.created"],
  }),
  timestamp: Timestamp,
  data: Type.Union([
    Event,
    Type.Object({ webhook: Type.String(), message: Type.String() }),
    Type.Object({
      webhook: Type.String(),
      events: Type.Integer({ description: "How many events, of all kinds, were lost." }),
      message: Type.String(),
    }),
  ]),
});
export type WebhookMessage = Static<typeof WebhookMessage>;

/** One time that a message was sent. */
export const Delivery = Type.Object({
  id: Type.String({ examples: ["d0123456789"] }),
  message: Type.String({ description: "The header webhook-id: the same each time a message is sent." }),
  type: Type.String({ examples: ["guest.created"] }),
  at: Timestamp,
  why: Type.Union([Type.Literal("event"), Type.Literal("test"), Type.Literal("again")], {
    description: "again: somebody asked for it to be sent once more.",
  }),
  attempt: Type.Integer({ minimum: 1 }),
  delivered: Type.Boolean({ description: "It was answered with a status from 200 to 299." }),
  status: Type.Optional(Type.Integer({ description: "Of the answer; none: there was none." })),
  milliseconds: Type.Integer(),
  answer: Type.Optional(Type.String({ description: "The beginning of what was answered." })),
  error: Type.Optional(Type.String({ description: "Why there was no answer that counts." })),
  body: Type.String({ description: "What was sent." }),
});
export type Delivery = Static<typeof Delivery>;
