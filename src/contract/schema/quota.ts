/** What a project may have at most, and what the host promises. */
import { Type, type Static } from "./type.ts";
import { Bytes } from "./fields.ts";

const strict = { additionalProperties: false } as const;

const amounts = {
  guests: Type.Integer({ minimum: 0, description: "Guests, also those that are stopped." }),
  cpus: Type.Integer({ minimum: 0, description: "Virtual processors of all its guests." }),
  memory: Type.Integer({
    minimum: 0,
    description: "Bytes of memory of all its guests, and what its templates hold.",
  }),
  disk: Type.Integer({
    minimum: 0,
    description:
      "Bytes that its guests' disks and its volumes can grow to, and what its snapshots, templates, suspended guests, recordings, uploads and own images take.",
  }),
  snapshots: Type.Integer({ minimum: 0, description: "Snapshots of its guests." }),
  templates: Type.Integer({ minimum: 0, description: "Templates that are parked for it." }),
  ports: Type.Integer({ minimum: 0, description: "Ports of the host that lead to its guests." }),
} as const;

/** What there is to be limited, in the order in which it is shown. */
export const resources = Object.keys(amounts) as readonly Resource[];
export type Resource = keyof typeof amounts;

export const Amounts = Type.Object(amounts, strict);
export type Amounts = Static<typeof Amounts>;

const orNothing = <T extends (typeof amounts)[Resource]>(amount: T) =>
  Type.Optional(Type.Union([amount, Type.Null()]));

export const Quota = Type.Object(
  {
    guests: Type.Optional(amounts.guests),
    cpus: Type.Optional(amounts.cpus),
    memory: Type.Optional(amounts.memory),
    disk: Type.Optional(amounts.disk),
    snapshots: Type.Optional(amounts.snapshots),
    templates: Type.Optional(amounts.templates),
    ports: Type.Optional(amounts.ports),
  },
  { ...strict, description: "The most that it may have; what is left out is not limited." },
);
export type Quota = Static<typeof Quota>;

/** null takes a quota away. */
export const QuotaChange = Type.Object(
  {
    guests: orNothing(amounts.guests),
    cpus: orNothing(amounts.cpus),
    memory: orNothing(amounts.memory),
    disk: orNothing(amounts.disk),
    snapshots: orNothing(amounts.snapshots),
    templates: orNothing(amounts.templates),
    ports: orNothing(amounts.ports),
  },
  { ...strict, description: "What it does not name stays; null takes a quota away." },
);
export type QuotaChange = Static<typeof QuotaChange>;

const HolderKind = Type.Union([
  Type.Literal("guest"),
  Type.Literal("template"),
  Type.Literal("volume"),
  Type.Literal("image"),
  Type.Literal("recording"),
  Type.Literal("upload"),
  Type.Literal("pending"),
]);
export type HolderKind = Static<typeof HolderKind>;

/** Who has it: a guest with its snapshots, a volume in none, a template, what lies on the disk, or what is just being made. */
export const Holder = Type.Object({
  kind: HolderKind,
  id: Type.String(),
  name: Type.String(),
  project: Type.String(),
  amounts: Amounts,
});
export type Holder = Static<typeof Holder>;

export const ProjectUsage = Type.Object({
  project: Type.String(),
  quota: Quota,
  used: Amounts,
  holders: Type.Array(Holder),
});
export type ProjectUsage = Static<typeof ProjectUsage>;

const Ratio = Type.Number({
  minimum: 0.001,
  maximum: 10_000,
  description: "So many times what the host has may be promised.",
  examples: [4],
});

const Promised = Type.Object({
  ratio: Ratio,
  chosen: Type.Boolean({ description: "Somebody said so; else it is the default." }),
  size: Type.Number({ description: "What the host has." }),
  limit: Type.Number({ description: "What may be promised." }),
  promised: Type.Number({ description: "What is." }),
});
export type Promised = Static<typeof Promised>;

export const HostPromise = Type.Object({
  memory: Promised,
  cpus: Promised,
  disk: Promised,
  holders: Type.Array(
    Type.Object({
      kind: HolderKind,
      id: Type.String(),
      name: Type.String(),
      project: Type.String(),
      memory: Bytes,
      cpus: Type.Integer(),
      disk: Bytes,
    }),
    { description: "To whom, those with most memory first." },
  ),
});
export type HostPromise = Static<typeof HostPromise>;

const RatioOrDefault = Type.Optional(Type.Union([Ratio, Type.Null()]));

export const HostUpdate = Type.Object(
  {
    overcommit: Type.Object(
      { memory: RatioOrDefault, cpus: RatioOrDefault, disk: RatioOrDefault },
      { ...strict, description: "How far the host is over-committed; null: the default again." },
    ),
  },
  strict,
);
export type HostUpdate = Static<typeof HostUpdate>;
