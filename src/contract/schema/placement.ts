/** Where guests go among hosts: what they wish for, what was decided and why, and the plan of a rebalance. */
import { Type, type Static } from "./type.ts";
import { Labels, Name } from "./fields.ts";

const strict = { additionalProperties: false } as const;

/** "key" or "key=value". */
export const LabelTerm = Type.String({
  pattern: "^[a-z0-9]([a-z0-9._/-]{0,61}[a-z0-9])?(=.*)?$",
  maxLength: 320,
  description: "key or key=value",
  examples: ["app=web"],
});

const required = Type.Optional(
  Type.Boolean({ description: "It has to be so; otherwise it is better so (the default)." }),
);

/** One guest by its name, or those with a label; of the same project. */
export const Company = Type.Union([
  Type.Object({ guest: Name, required }, strict),
  Type.Object({ label: LabelTerm, required }, strict),
]);
export type Company = Static<typeof Company>;

const companies = (description: string) => Type.Optional(Type.Array(Company, { maxItems: 16, description }));

export const PlacementPolicy = Type.Union([Type.Literal("balance"), Type.Literal("pack")], {
  description: "balance: where most is left; pack: where least is left, so that other hosts stay empty.",
});
export type PlacementPolicy = Static<typeof PlacementPolicy>;

export const Placement = Type.Object(
  {
    hosts: Type.Optional(
      Type.Array(Type.String({ pattern: "^[A-Za-z0-9][A-Za-z0-9._-]*$", maxLength: 128 }), {
        minItems: 1,
        maxItems: 64,
        description: "Only one of these hosts, by name or id.",
      }),
    ),
    hostLabels: Type.Optional(
      Type.Array(LabelTerm, { maxItems: 16, description: "Only hosts with all of these labels." }),
    ),
    affinity: companies("Guests with which it is to be on one host."),
    antiAffinity: companies("Guests with which it is not to be on one host."),
    tolerations: Type.Optional(
      Type.Array(LabelTerm, { maxItems: 16, description: "Taints of hosts that it does not mind." }),
    ),
    policy: Type.Optional(PlacementPolicy),
  },
  { ...strict, description: "Where it may be, and would rather be, among the hosts of a cluster." },
);
export type Placement = Static<typeof Placement>;

const Score = Type.Object({
  score: Type.String({ examples: ["room"] }),
  weight: Type.Number(),
  value: Type.Number({ description: "0 to 1." }),
  share: Type.Number({ description: "Weight times value: its part of the total." }),
  why: Type.String(),
});

const Reason = Type.Object({
  filter: Type.String({ examples: ["memory"] }),
  reason: Type.String({ description: "Goes on from the host's name: 'is drained'." }),
  fix: Type.String({ description: "What would make it possible." }),
});

export const PlacementDecision = Type.Object({
  host: Type.Optional(Type.String({ description: "Id of the host that is chosen; none where all refuse." })),
  name: Type.Optional(Type.String({ description: "Its name." })),
  policy: PlacementPolicy,
  ranking: Type.Array(
    Type.Object({
      host: Type.String(),
      name: Type.String(),
      total: Type.Number(),
      scores: Type.Array(Score, { description: "Their shares add up to the total." }),
    }),
    { description: "Hosts that can have it, the best first." },
  ),
  refusals: Type.Array(
    Type.Object({ host: Type.String(), name: Type.String(), reasons: Type.Array(Reason) }),
    {
      description: "Hosts that cannot.",
    },
  ),
});
export type PlacementDecision = Static<typeof PlacementDecision>;

export const HostTraits = Type.Object({
  host: Type.String({ description: "Its id." }),
  name: Type.String(),
  labels: Labels,
  taints: Type.Array(LabelTerm),
});
export type HostTraits = Static<typeof HostTraits>;

export const HostTraitsUpdate = Type.Object(
  {
    labels: Type.Optional(Labels),
    taints: Type.Optional(
      Type.Array(LabelTerm, {
        maxItems: 16,
        uniqueItems: true,
        description: "What keeps guests away that do not tolerate it. Guests that are there stay.",
      }),
    ),
  },
  {
    ...strict,
    description: "What it does not name stays; what it names takes the place of all that there was.",
  },
);
export type HostTraitsUpdate = Static<typeof HostTraitsUpdate>;

const settings = {
  policy: PlacementPolicy,
  tolerance: Type.Number({
    minimum: 0,
    maximum: 1,
    description: "Hosts whose load is within this of the mean are left alone by a rebalance (default 0.1).",
  }),
  mostMoves: Type.Integer({
    minimum: 1,
    maximum: 1000,
    description: "Moves of one rebalance at most (default 20).",
  }),
  reserve: Type.Integer({
    minimum: 0,
    maximum: 4,
    description:
      "For the highly available guests of so many hosts that fail at once room is kept on the others (default 0: none).",
  }),
  rebalance: Type.Union([Type.Literal("off"), Type.Literal("plan"), Type.Literal("apply")], {
    description:
      "off: guests are spread anew only on demand (the default); plan: a plan is made now and then and kept; apply: its moves are made.",
  }),
  rebalancePause: Type.Integer({
    minimum: 0,
    maximum: 3600,
    description: "Seconds between two moves of a rebalance by policy (default 60).",
  }),
} as const;

const rebalanceHours = Type.String({
  pattern: "^([01]?[0-9]|2[0-3])-([01]?[0-9]|2[0-4])$",
  description: "The hours in which a rebalance by policy moves guests, by the hosts' own time. Default: any.",
  examples: ["22-6"],
});

export const PlacementSettings = Type.Object({ ...settings, rebalanceHours: Type.Optional(rebalanceHours) });
export type PlacementSettings = Static<typeof PlacementSettings>;

const orDefault = <T extends (typeof settings)[keyof typeof settings] | typeof rebalanceHours>(one: T) =>
  Type.Optional(Type.Union([one, Type.Null()]));

export const PlacementSettingsUpdate = Type.Object(
  {
    policy: orDefault(settings.policy),
    tolerance: orDefault(settings.tolerance),
    mostMoves: orDefault(settings.mostMoves),
    reserve: orDefault(settings.reserve),
    rebalance: orDefault(settings.rebalance),
    rebalancePause: orDefault(settings.rebalancePause),
    rebalanceHours: orDefault(rebalanceHours),
  },
  { ...strict, description: "What it does not name stays; null: the default again." },
);
export type PlacementSettingsUpdate = Static<typeof PlacementSettingsUpdate>;

const plannedMove = {
  guest: Type.String({ description: "Its id." }),
  name: Type.String(),
  from: Type.String({ description: "The name of the host that it leaves." }),
  to: Type.String({ description: "That of the host to which it goes." }),
  how: Type.Union([Type.Literal("live"), Type.Literal("cold")]),
  why: Type.String(),
} as const;

const spread = {
  before: Type.Number({ description: "How far the hosts' loads are apart, 0 to 1." }),
  after: Type.Number({ description: "And once this is done." }),
} as const;

export const RebalancePlan = Type.Object({
  moves: Type.Array(Type.Object(plannedMove), {
    description: "In the order in which they are to be made.",
  }),
  ...spread,
});
export type RebalancePlan = Static<typeof RebalancePlan>;

const moveState = Type.Union(
  [Type.Literal("waits"), Type.Literal("moves"), Type.Literal("moved"), Type.Literal("stays")],
  { description: "stays: it could not go; the events say why." },
);

export const PlannedRebalance = Type.Object({
  at: Type.Optional(Type.String({ format: "date-time", description: "None: no plan was made yet." })),
  by: Type.Optional(Type.String({ description: "The name of the host that made it." })),
  moves: Type.Array(Type.Object({ ...plannedMove, state: moveState })),
  ...spread,
});
export type PlannedRebalance = Static<typeof PlannedRebalance>;

export const ReserveCheck = Type.Object({
  failing: Type.Integer({ description: "How many hosts fail at once." }),
  kept: Type.Boolean({ description: "Room is kept for that; otherwise it is only looked whether there is." }),
  holds: Type.Boolean({ description: "All highly available guests would find a place." }),
  shortfalls: Type.Array(
    Type.Object({
      hosts: Type.Array(Type.String(), { description: "Names of those that would have to fail." }),
      guests: Type.Array(Type.Object({ guest: Type.String(), name: Type.String(), reason: Type.String() })),
    }),
  ),
  tried: Type.Integer({ description: "Combinations of hosts that were tried." }),
  all: Type.Integer({ description: "Combinations that there are." }),
});
export type ReserveCheck = Static<typeof ReserveCheck>;
