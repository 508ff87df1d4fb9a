/**
 * What the event stream tells, as a WebSocket's text messages or as server-sent events:
 *
 *   {type:"started", at}     from here on nothing is missed
 *   {type:"event", at, event}                    something happened: a line of the log
 *   {type:"change", at, op, kind, id, object?}   an object is as told here from now on; of a desktop it is not told that round trips and
 *                                                frames of its viewers are others, and when a key was pressed last
 *   {type:"usage", at, usage}                    once a second, while somebody asks for it
 *   {type:"reset", at}       what was between is not known any more: load the lists again, then go on here
 *
 * `at` is where a reader has got to: `?from=AT` goes on after it (Last-Event-ID, of server-sent events).
 * A reader that lists first begins from the list's own `at`. Changes of one object that a slow reader has
 * not taken yet become one; a reader that is too slow for that is reset. So a change may tell of what the
 * reader knows already, or of the removal of what it never saw; taking each as it is gives the right picture.
 */
import { Type, type Static } from "./type.ts";
import { Bytes, Timestamp } from "./fields.ts";
import type { Event } from "./host.ts";

/** Objects whose changes are told. */
export const objectKinds = [
  "guest",
  "snapshot",
  "image",
  "operation",
  "network",
  "firewall",
  "template",
  "project",
  "recording",
  "pool",
  "volume",
  "webhook",
  "host",
  "desktop-pool",
  "desktop",
] as const;
export type ObjectKind = (typeof objectKinds)[number];

/** What a reader may ask for. */
export const feedKinds = ["event", ...objectKinds, "usage"] as const;
export type FeedKind = (typeof feedKinds)[number];

const Kind = Type.Union([
  Type.Literal("guest"),
  Type.Literal("snapshot"),
  Type.Literal("image"),
  Type.Literal("operation"),
  Type.Literal("network"),
  Type.Literal("firewall"),
  Type.Literal("template"),
  Type.Literal("project"),
  Type.Literal("recording"),
  Type.Literal("pool"),
  Type.Literal("volume"),
  Type.Literal("webhook"),
  Type.Literal("host"),
  Type.Literal("desktop-pool"),
  Type.Literal("desktop"),
]);

export const Change = Type.Object({
  type: Type.Literal("change"),
  at: Type.String({ description: "Go on after it with ?from=." }),
  op: Type.Union([Type.Literal("created"), Type.Literal("changed"), Type.Literal("removed")]),
  kind: Kind,
  id: Type.String({ description: "The object's id; a project's and a pool's name." }),
  object: Type.Optional(
    Type.Object({}, { additionalProperties: true, description: "The whole object, as its route shows it." }),
  ),
});
export type Change = Static<typeof Change>;

/** Counters begin with the guest's process: one that is less than before has begun anew. */
const GuestUsage = Type.Object({
  guest: Type.String({ description: "The guest's id." }),
  cpuSeconds: Type.Number({ description: "Processor time that its process has taken." }),
  throttledSeconds: Type.Optional(
    Type.Number({ description: "For which its threads stood still because of its cap, all together." }),
  ),
  swapped: Type.Optional(Type.Integer({ description: "Bytes of it that the host has swapped out." })),
  memory: Type.Integer({ description: "Bytes of the host's memory it holds, shared pages included." }),
  memoryOwn: Type.Integer({ description: "Those of them that are its own." }),
  diskRead: Type.Optional(Type.Integer({ description: "Bytes that it has read from its disks." })),
  diskWritten: Type.Optional(Type.Integer({ description: "Bytes that it has written to its disks." })),
  netReceived: Type.Optional(
    Type.Integer({ description: "Bytes that have come to it; not of user networks." }),
  ),
  netSent: Type.Optional(Type.Integer({ description: "Bytes that it has sent; not of user networks." })),
});
export type GuestUsage = Static<typeof GuestUsage>;

/** One moment of the host and of every guest that runs. */
export const Usage = Type.Object({
  at: Timestamp,
  host: Type.Object({
    cpuSeconds: Type.Number({ description: "Processor time taken on the whole host, of all processors." }),
    cpus: Type.Integer(),
    memory: Bytes,
    memoryAvailable: Bytes,
  }),
  guests: Type.Array(GuestUsage),
});
export type Usage = Static<typeof Usage>;

export type FeedFrame =
  | { readonly type: "event"; readonly at?: string; readonly event: Event }
  | Change
  | { readonly type: "usage"; readonly at: string; readonly usage: Usage }
  | { readonly type: "reset"; readonly at: string };
