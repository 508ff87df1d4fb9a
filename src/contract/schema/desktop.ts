/** The desktops that people have of pools. */
import { Type, type Static } from "./type.ts";
import { DesktopPolicy, Keeps, seconds } from "./desktop-pool.ts";
import { Bytes, Name, Timestamp } from "./fields.ts";

const strict = { additionalProperties: false } as const;

export const DesktopStateName = Type.Union(
  [
    Type.Literal("preparing"),
    Type.Literal("ready"),
    Type.Literal("suspended"),
    Type.Literal("stopped"),
    Type.Literal("ending"),
    Type.Literal("lost"),
  ],
  { description: "lost: its host does not answer; what it stood for is not known." },
);
export type DesktopStateName = Static<typeof DesktopStateName>;

/** An end that is announced. */
export const Announced = Type.Object({
  at: Timestamp,
  what: Type.Union([Type.Literal("disconnect"), Type.Literal("suspend"), Type.Literal("sign-off")]),
  why: Type.Union([
    Type.Literal("idle"),
    Type.Literal("disconnected"),
    Type.Literal("longest"),
    Type.Literal("hours"),
    Type.Literal("roll-out"),
    Type.Literal("asked"),
  ]),
});
export type Announced = Static<typeof Announced>;

const lostWith = (description: string) =>
  Type.Object(
    {
      host: Type.String({ description: "The host's name." }),
      since: Type.Optional(Timestamp),
    },
    { description },
  );
export const LostWith = lostWith("The host that it is on, and since when that does not answer.");
export type LostWith = Static<typeof LostWith>;

/** Somebody who watches a desktop. */
export const DesktopViewer = Type.Object({
  id: Type.String(),
  user: Type.String({ description: "Whose eyes: the desktop's user, or somebody of the help desk." }),
  shadow: Type.Boolean({ description: "He looks on, and is not its user." }),
  control: Type.Boolean({ description: "His keys and pointer count." }),
  address: Type.Optional(Type.String()),
  since: Timestamp,
  roundTrip: Type.Optional(Type.Number({ description: "Milliseconds, as measured last." })),
  framesPerSecond: Type.Optional(Type.Number()),
});
export type DesktopViewer = Static<typeof DesktopViewer>;

/** What of a desktop its host alone knows. */
const use = {
  lastInputAt: Type.Optional(Timestamp),
  home: Type.Optional(
    Type.Object(
      {
        state: Type.Union([Type.Literal("coming"), Type.Literal("there"), Type.Literal("failed")]),
        code: Type.Optional(Type.String({ description: "Why it is not there." })),
        message: Type.Optional(Type.String()),
        hint: Type.Optional(Type.String()),
      },
      {
        description:
          "Of a pool that keeps homes. Until it is there, no key and no pointer gets to the guest.",
      },
    ),
  ),
  viewers: Type.Array(DesktopViewer),
  recording: Type.Optional(Type.String({ description: "The id of the recording that is being made." })),
};

/** As one host tells it to another. */
export const DesktopReport = Type.Object({ desktop: Type.String(), ...use });
export type DesktopReport = Static<typeof DesktopReport>;

export const Desktop = Type.Object({
  id: Type.String({ examples: ["dt0123456789"] }),
  pool: Type.String({ description: "The pool's id." }),
  poolName: Name,
  project: Type.String(),
  user: Type.String(),
  guest: Type.Optional(Type.String({ description: "The guest's id; none while it is being prepared." })),
  guestName: Type.Optional(Type.String()),
  host: Type.Optional(Type.String()),
  state: DesktopStateName,
  lost: Type.Optional(LostWith),
  replaces: Type.Optional(
    lostWith("It is in place of one that was lost with this host, which has not answered since."),
  ),
  revision: Type.Integer(),
  createdAt: Timestamp,
  connectedAt: Type.Optional(Timestamp),
  disconnectedAt: Type.Optional(Timestamp),
  announced: Type.Optional(Announced),
  ...use,
  unheard: Type.Optional(
    Type.Boolean({
      description:
        "Its host did not say in time who watches it: that is not known, nor its last input and its home.",
    }),
  ),
});
export type Desktop = Static<typeof Desktop>;

/** A pool as somebody sees it who may have a desktop of it. */
export const DesktopOffer = Type.Object({
  id: Type.String({ description: "The pool's id, by which a desktop of it is asked for." }),
  pool: Name,
  project: Type.String(),
  title: Type.String(),
  description: Type.String(),
  keeps: Keeps,
  policy: DesktopPolicy,
  state: Type.Union([Type.Literal("none"), ...DesktopStateName.anyOf]),
  desktop: Type.Optional(Type.String({ description: "The id of the one he has." })),
  lost: Type.Optional(LostWith),
  connected: Type.Boolean({ description: "He has it open somewhere." }),
  ready: Type.Boolean({ description: "One can be had at once." }),
  full: Type.Optional(
    Type.Boolean({ description: "He has none, and none can be had: as many are taken as there may be." }),
  ),
  opensAt: Type.Optional(Timestamp),
  closesAt: Type.Optional(Timestamp),
});
export type DesktopOffer = Static<typeof DesktopOffer>;

export const DesktopConnect = Type.Object(
  {
    takeOver: Type.Optional(
      Type.Boolean({
        description: "Whoever watches it elsewhere is disconnected (default); false: they share it.",
      }),
    ),
    wait: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 60,
        description: "Seconds to wait for one that is being prepared (20).",
      }),
    ),
  },
  strict,
);
export type DesktopConnect = Static<typeof DesktopConnect>;

/** What opens a desktop; or, of one that is being prepared, how far that is. */
export const DesktopConnection = Type.Object({
  desktop: Desktop,
  policy: DesktopPolicy,
  ticket: Type.Optional(
    Type.String({
      description: "Opens the display of its guest once; none: it is not ready yet, ask again.",
    }),
  ),
  expiresAt: Type.Optional(Timestamp),
  progress: Type.Optional(Type.String({ description: "In words." })),
});
export type DesktopConnection = Static<typeof DesktopConnection>;

export const DesktopEnd = Type.Object(
  { notice: Type.Optional(seconds("It is announced in the page, and ended after so long (default 0).")) },
  strict,
);
export type DesktopEnd = Static<typeof DesktopEnd>;

export const DesktopMessage = Type.Object({ text: Type.String({ minLength: 1, maxLength: 1000 }) }, strict);
export type DesktopMessage = Static<typeof DesktopMessage>;

export const DesktopShadow = Type.Object(
  { control: Type.Optional(Type.Boolean({ description: "With keys and pointer. Default: to look on." })) },
  strict,
);
export type DesktopShadow = Static<typeof DesktopShadow>;

/** What opens one's own desktop once more: its sound later, a file that is dropped onto it. */
export const DesktopTicket = Type.Object({
  ticket: Type.String({
    description:
      "Opens each of the display, the sound, a drop and a port once: '?ticket=' in their addresses.",
  }),
  expiresAt: Timestamp,
  viewOnly: Type.Boolean(),
});
export type DesktopTicket = Static<typeof DesktopTicket>;

/** A file in the downloads of a desktop's user. */
export const DesktopFile = Type.Object({
  name: Type.String(),
  size: Bytes,
  modifiedAt: Timestamp,
});
export type DesktopFile = Static<typeof DesktopFile>;

export const DesktopFileQuery = Type.Object(
  { name: Type.String({ minLength: 1, maxLength: 255, pattern: "^[^/\\u0000]+$" }) },
  strict,
);

/** What the help desk gets once the user has consented, or where a notice is enough. */
export const DesktopShadowing = Type.Object({
  desktop: Type.String(),
  guest: Type.String(),
  control: Type.Boolean(),
  consent: Type.Boolean({ description: "Its user said yes; false: the pool has a notice be enough." }),
  ticket: Type.String(),
  expiresAt: Timestamp,
});
export type DesktopShadowing = Static<typeof DesktopShadowing>;

export const DesktopQuery = Type.Object(
  {
    pool: Type.Optional(Type.String({ maxLength: 63 })),
    user: Type.Optional(Type.String({ maxLength: 64 })),
  },
  strict,
);
