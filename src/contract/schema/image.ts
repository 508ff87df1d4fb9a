/** Images: guest operating systems as files; templates: booted images, parked. */
import { Type, type Static } from "./type.ts";
import { imageNamePattern } from "../image-name.ts";
import { Bytes, Labels, Name, Timestamp } from "./fields.ts";

const strict = { additionalProperties: false } as const;
export const Agent = Type.Union([Type.Literal("lodge"), Type.Literal("qemu"), Type.Literal("none")], {
  description: "Which agent the system in it has. Default for what was made elsewhere: none.",
});
export const sha256 = Type.String({ pattern: "^[0-9a-f]{64}$" });
export const imageName = Type.String({ pattern: imageNamePattern.source });

export const Image = Type.Object({
  id: Type.String(),
  name: Type.String(),
  project: Type.String(),
  shared: Type.Boolean({ description: "Every project may make guests of it." }),
  description: Type.String(),
  labels: Labels,
  createdAt: Timestamp,
  kind: Type.Union([Type.Literal("disk"), Type.Literal("iso")]),
  format: Type.Union([Type.Literal("raw"), Type.Literal("qcow2"), Type.Literal("iso")]),
  size: Type.Integer({ description: "Virtual size: what a guest sees, in bytes." }),
  stored: Type.Integer({ description: "What it takes on the host's disk, in bytes." }),
  sha256: Type.Optional(sha256),
  agent: Agent,
  cloudInit: Type.Boolean(),
  firmware: Type.Array(Type.Union([Type.Literal("bios"), Type.Literal("uefi")])),
  defaultUser: Type.Optional(Type.String()),
  cpus: Type.Optional(
    Type.Integer({ description: "Processors that a guest of it gets, unless others are asked for." }),
  ),
  memory: Type.Optional(
    Type.Integer({ description: "Bytes of memory that a guest of it gets, unless others are asked for." }),
  ),
  desktop: Type.Optional(
    Type.Boolean({
      description:
        "It signs its user in at a desktop of its own, and says in /run/lodge/desktop-ready that it is drawn. A guest of it has a sound card, unless it is asked for without.",
    }),
  ),
  source: Type.Union([
    Type.Object({ recipe: Type.String(), digest: Type.String() }),
    Type.Object({ url: Type.String() }),
    Type.Object({ guest: Type.String() }),
    Type.Object({ file: Type.String() }),
  ]),
});
export type Image = Static<typeof Image>;

export const ImageBuild = Type.Object(
  {
    recipe: Type.String({ examples: ["debian-13"] }),
    name: Type.Optional(Name),
    rebuild: Type.Optional(Type.Boolean()),
    shared: Type.Optional(Type.Boolean({ description: "For every project; that takes an admin." })),
  },
  strict,
);
export type ImageBuild = Static<typeof ImageBuild>;

export const ImageImport = Type.Object(
  {
    path: Type.String({ description: "A file on the daemon's host." }),
    name: Type.Optional(imageName),
    sha256: Type.Optional(sha256),
    agent: Type.Optional(Agent),
    desktop: Type.Optional(
      Type.Boolean({ description: "It is one with a desktop, built from a recipe of Lodge's elsewhere." }),
    ),
  },
  strict,
);
export type ImageImport = Static<typeof ImageImport>;

export const ImagePull = Type.Object(
  {
    url: Type.String({
      format: "uri",
      pattern: "^https?://",
      description: "An address under https or http.",
    }),
    name: Type.Optional(imageName),
    sha256: Type.Optional(sha256),
    agent: Type.Optional(Agent),
  },
  strict,
);
export type ImagePull = Static<typeof ImagePull>;

export const ImageUpdate = Type.Object({ shared: Type.Optional(Type.Boolean()) }, strict);
export type ImageUpdate = Static<typeof ImageUpdate>;

export const ImageCreate = Type.Object(
  { guest: Type.String(), name: Name, agent: Type.Optional(Agent) },
  strict,
);
export type ImageCreate = Static<typeof ImageCreate>;

export const Recipe = Type.Object({
  name: Type.String(),
  description: Type.String(),
  kind: Type.String(),
  built: Type.Boolean({ description: "Is there a current image of it?" }),
});
export type Recipe = Static<typeof Recipe>;

/** A template's life: building → parked ⇄ evicted → stale → (removed once its last user is gone). */
export const Template = Type.Object({
  id: Type.String(),
  host: Type.Optional(Type.String({ description: "In a cluster: whose it is, by the host's name." })),
  image: Type.String({ description: "The image's id." }),
  imageName: Type.String(),
  project: Type.String(),
  cpus: Type.Integer(),
  memory: Bytes,
  sound: Type.Boolean({ description: "Its guests have a sound card." }),
  monitors: Type.Optional(
    Type.Integer({ description: "Monitors that its guests may have; none said: one." }),
  ),
  state: Type.Union([
    Type.Literal("building"),
    Type.Literal("parked"),
    Type.Literal("evicted"),
    Type.Literal("stale"),
  ]),
  reason: Type.Optional(Type.String({ description: "Why it is stale." })),
  createdAt: Timestamp,
  /** When a guest last forked from it, or else when it was made. */
  usedAt: Timestamp,
  /** Bytes of host memory that its parked RAM holds. */
  resident: Bytes,
  /** Bytes on disk. */
  stored: Bytes,
  guests: Type.Integer({ description: "Guests that stand on it." }),
});
export type Template = Static<typeof Template>;

export const TemplateBuild = Type.Object(
  {
    image: Type.String(),
    cpus: Type.Optional(Type.Integer({ minimum: 1, maximum: 255 })),
    memory: Type.Optional(Type.Integer({ minimum: 16777216 })),
    sound: Type.Optional(Type.Boolean({ description: "With a sound card. Default: as its image suggests." })),
    monitors: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 4, description: "Monitors that its guests may have." }),
    ),
  },
  strict,
);
export type TemplateBuild = Static<typeof TemplateBuild>;

const Share = Type.Object({
  limit: Bytes,
  taken: Bytes,
  chosen: Type.Boolean({ description: "Was the limit set by the owner? Else it is the default." }),
});

/** What templates may take of the host, together. */
export const TemplateBudget = Type.Object({ memory: Share, disk: Share });
export type TemplateBudget = Static<typeof TemplateBudget>;

const newLimit = Type.Optional(Type.Union([Bytes, Type.Null({ description: "The default." })]));

export const TemplateBudgetUpdate = Type.Object({ memory: newLimit, disk: newLimit }, strict);
export type TemplateBudgetUpdate = Static<typeof TemplateBudgetUpdate>;
