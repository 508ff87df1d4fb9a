/** Desktop pools: what desktops are made of, for whom, and by which rules. */
import { Type, type Static } from "./type.ts";
import { ClipboardPolicy } from "./guest.ts";
import { Bytes, Name, Timestamp } from "./fields.ts";

const strict = { additionalProperties: false } as const;

export const seconds = (description: string, minimum = 0) =>
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
      Type.Integer({
        minimum: 1,
        maximum: 4,
        description: "Monitors that it may have, each a window (default 1).",
      }),
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
