/** Desktop pools, and the desktops that people have of them. */
import { Type, type Static } from "./type.ts";
import { ClipboardPolicy } from "./guest.ts";
import { Bytes, Name, Timestamp } from "./fields.ts";

const strict = { additionalProperties: false } as const;

const seconds = (description: string, minimum = 0) =>
  Type.Integer({ minimum, maximum: 31_536_000, description: `Seconds. ${description}` });

/** What is left when its user signs off. */
export const Keeps = Type.Union([Type.Literal("nothing"), Type.Literal("home"), Type.Literal("guest")], {
  description:
    "What a person finds again: nothing, every desktop is new; home, a volume of his own under a new system each time; guest, the whole guest, which is assigned to him.",
});
export type Keeps = Static<typeof Keeps>;

export const Entitled = Type.Object(
  {
    everyone: Type.Optional(Type.Boolean({ description: "Whoever can sign in." })),
    users: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { maxItems: 1000 })),
    groups: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 128 }), { maxItems: 100 })),
    claims: Type.Optional(
      Type.Array(Type.String({ pattern: "^[^=]+=.+$", maxLength: 256, examples: ["department=sales"] }), {
        maxItems: 100,
        description: "CLAIM=VALUE, as the ID token of an OpenID provider said at the last sign-in.",
      }),
    ),
  },
  { ...strict, description: "Whoever one of these is true of may have a desktop." },
);
export type Entitled = Static<typeof Entitled>;

const Day = Type.Union([
  Type.Literal("mon"),
  Type.Literal("tue"),
  Type.Literal("wed"),
  Type.Literal("thu"),
  Type.Literal("fri"),
  Type.Literal("sat"),
  Type.Literal("sun"),
]);
const TimeOfDay = Type.String({ pattern: "^([01][0-9]|2[0-4]):[0-5][0-9]$", examples: ["07:30"] });

export const Hours = Type.Object(
  {
    zone: Type.String({ maxLength: 64, description: "An IANA time zone.", examples: ["Europe/Berlin"] }),
    open: Type.Array(
      Type.Object(
        { days: Type.Array(Day, { minItems: 1, maxItems: 7 }), from: TimeOfDay, to: TimeOfDay },
        strict,
      ),
      { minItems: 1, maxItems: 20 },
    ),
  },
  {
    ...strict,
    description:
      "When desktops can be had. At their end those that are open are ended, with a warning before.",
  },
);
export type Hours = Static<typeof Hours>;

/** Every time but `warn` counts from when something was last true; left out: it never happens. */
export const SessionRules = Type.Object(
  {
    idle: Type.Optional(seconds("Without a key or a button: whoever watches is disconnected.", 60)),
    suspend: Type.Optional(
      seconds("After the last viewer went: the desktop is suspended, and woken by connecting."),
    ),
    signOff: Type.Optional(seconds("After the last viewer went: the desktop is ended. 0: at once.")),
    longest: Type.Optional(seconds("After it was given: the desktop is ended.", 300)),
    warn: Type.Optional(seconds("Before any of this is done the page warns (default 60).")),
  },
  strict,
);
export type SessionRules = Static<typeof SessionRules>;

export const FilePolicy = Type.Union(
  [Type.Literal("both"), Type.Literal("in"), Type.Literal("out"), Type.Literal("none")],
  { description: "Which way files go between the desktop and the page: into the guest, out of it." },
);

export const DesktopPolicy = Type.Object(
  {
    clipboard: Type.Optional(ClipboardPolicy),
    files: Type.Optional(FilePolicy),
    power: Type.Optional(Type.Boolean({ description: "Its user may restart and reset it (default true)." })),
    share: Type.Optional(
      Type.Boolean({ description: "Its user may have it open in several places at once (default true)." }),
    ),
    shadow: Type.Optional(
      Type.Union([Type.Literal("never"), Type.Literal("consent"), Type.Literal("notice")], {
        description:
          "Whether the help desk may look on: with the user's consent (default), or with a notice alone.",
      }),
    ),
    record: Type.Optional(Type.Boolean({ description: "Every session is recorded, and the page says so." })),
    watermark: Type.Optional(
      Type.Boolean({ description: "Name, time and address lie visibly over the picture." }),
    ),
    ports: Type.Optional(
      Type.Array(Type.Integer({ minimum: 1, maximum: 65535 }), {
        maxItems: 16,
        description: "The guest's own servers that other clients may reach: 22 for SSH, 3389 for RDP.",
      }),
    ),
    monitors: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 4, description: "Windows that it may have (default 1)." }),
    ),
  },
  strict,
);
export type DesktopPolicy = Static<typeof DesktopPolicy>;

export const Standby = Type.Object(
  {
    count: Type.Integer({ minimum: 0, maximum: 200, description: "Desktops that are kept ready." }),
    maxAge: Type.Optional(seconds("One that is older is made anew (default a day).", 300)),
  },
  strict,
);
export type Standby = Static<typeof Standby>;

export const RollOut = Type.Union(
  [
    Type.Object({ by: Type.Literal("sign-off") }, strict),
    Type.Object(
      {
        by: Type.Literal("wave"),
        atOnce: Type.Integer({
          minimum: 1,
          maximum: 100,
          description: "Open desktops that are ended at a time.",
        }),
        notice: seconds("How long before the page announces it.", 0),
      },
      strict,
    ),
  ],
  {
    description:
      "How a new image or shape comes to desktops that are open: when their users sign off, or a few at a time, announced.",
  },
);
export type RollOut = Static<typeof RollOut>;

const settings = {
  title: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: "What people read." })),
  description: Type.Optional(Type.String({ maxLength: 1000 })),
  cpus: Type.Optional(Type.Integer({ minimum: 1, maximum: 255 })),
  memory: Type.Optional(Type.Integer({ minimum: 16_777_216, description: "Bytes, in whole MiB." })),
  networks: Type.Optional(Type.Array(Name, { maxItems: 8 })),
  sound: Type.Optional(Type.Boolean({ description: "Default true." })),
  most: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 10_000, description: "Desktops at a time, standbys not counted." }),
  ),
  standby: Type.Optional(Standby),
  rollOut: Type.Optional(RollOut),
  entitled: Type.Optional(Entitled),
  hours: Type.Optional(Type.Union([Hours, Type.Null()], { description: "null: always." })),
  rules: Type.Optional(SessionRules),
  policy: Type.Optional(DesktopPolicy),
};

const homeSize = Type.Integer({ minimum: 16_777_216, description: "Bytes of each person's home." });

export const DesktopPoolCreate = Type.Object(
  {
    name: Name,
    image: Type.Optional(
      Type.String({ maxLength: 128, description: "What desktops are made of: an image …" }),
    ),
    guest: Type.Optional(
      Type.String({ maxLength: 128, description: "… or a guest, of which they are branches." }),
    ),
    keeps: Type.Optional(Keeps),
    homeSize: Type.Optional(homeSize),
    homePool: Type.Optional(
      Type.String({ maxLength: 63, description: "The storage pool that homes lie in." }),
    ),
    ...settings,
  },
  strict,
);
export type DesktopPoolCreate = Static<typeof DesktopPoolCreate>;

/** null: as it is where nothing was said of it. */
const asUsual = Type.Null();

export const DesktopPoolUpdate = Type.Object(
  {
    image: Type.Optional(Type.String({ maxLength: 128 })),
    guest: Type.Optional(Type.String({ maxLength: 128 })),
    homeSize: Type.Optional(homeSize),
    ...settings,
    cpus: Type.Optional(
      Type.Union([settings.cpus, asUsual], { description: "null: as its image suggests." }),
    ),
    memory: Type.Optional(
      Type.Union([settings.memory, asUsual], { description: "Bytes; null: as its image suggests." }),
    ),
    networks: Type.Optional(
      Type.Union([settings.networks, asUsual], { description: "null: in the default one." }),
    ),
    most: Type.Optional(Type.Union([settings.most, asUsual], { description: "null: no limit." })),
  },
  strict,
);
export type DesktopPoolUpdate = Static<typeof DesktopPoolUpdate>;

export const DesktopPool = Type.Object({
  id: Type.String({ examples: ["dp0123456789"] }),
  name: Name,
  project: Type.String(),
  title: Type.String(),
  description: Type.String(),
  createdAt: Timestamp,
  revision: Type.Integer({ description: "Grows with each change that desktops have to be made anew for." }),
  image: Type.Optional(Type.String()),
  guest: Type.Optional(Type.String()),
  keeps: Keeps,
  homeSize: Type.Optional(Bytes),
  homePool: Type.Optional(Type.String()),
  cpus: Type.Optional(Type.Integer()),
  memory: Type.Optional(Bytes),
  networks: Type.Optional(Type.Array(Name)),
  sound: Type.Boolean(),
  most: Type.Optional(Type.Integer()),
  standby: Standby,
  rollOut: RollOut,
  entitled: Entitled,
  hours: Type.Optional(Hours),
  rules: SessionRules,
  policy: DesktopPolicy,
  ready: Type.Integer({ description: "Standbys that wait for somebody." }),
  making: Type.Integer({ description: "Standbys that are being made." }),
  desktops: Type.Integer({ description: "Desktops that somebody has." }),
  connected: Type.Integer({ description: "Of these, those that somebody watches." }),
  outdated: Type.Integer({ description: "Of these, those of an earlier revision." }),
  ails: Type.Optional(
    Type.Object(
      { code: Type.String(), message: Type.String(), hint: Type.String(), at: Timestamp },
      {
        description: "Why standbys cannot be made, where they cannot.",
      },
    ),
  ),
});
export type DesktopPool = Static<typeof DesktopPool>;

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
  revision: Type.Integer(),
  createdAt: Timestamp,
  connectedAt: Type.Optional(Timestamp),
  disconnectedAt: Type.Optional(Timestamp),
  lastInputAt: Type.Optional(Timestamp),
  announced: Type.Optional(Announced),
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
  connected: Type.Boolean({ description: "He has it open somewhere." }),
  ready: Type.Boolean({ description: "One can be had at once." }),
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
