/** Guests that come to a host from outside its cluster, or to one that stands alone. */
import { Bytes, Timestamp } from "./fields.ts";
import { MoveBlocker, MoveWishes } from "./move.ts";
import { Type, type Static } from "./type.ts";

const strict = { additionalProperties: false } as const;

const Id = Type.String({ pattern: "^v[0-9a-z]{10}$", examples: ["v0123456789"] });

export const Arrival = Type.Object({
  id: Id,
  state: Type.Union(
    [
      Type.Literal("offered"),
      Type.Literal("entered"),
      Type.Literal("coming"),
      Type.Literal("waiting"),
      Type.Literal("here"),
    ],
    {
      description:
        "'offered': nobody has shown the token; 'entered': a host has; 'coming': a guest is on its way; " +
        "'waiting': all of it is here, and its source has not said yet whose it is; 'here': it is this host's.",
    },
  ),
  address: Type.String({ description: "Where this host waits for it.", examples: ["198.51.100.7:8473"] }),
  createdAt: Timestamp,
  expiresAt: Timestamp,
  from: Type.Optional(Type.String({ description: "What the host calls itself that has shown the token." })),
  guest: Type.Optional(Type.Object({ id: Type.String(), name: Type.String(), project: Type.String() })),
});
export type Arrival = Static<typeof Arrival>;

export const ArrivalTokenCreate = Type.Object(
  {
    seconds: Type.Optional(
      Type.Integer({ minimum: 60, maximum: 604_800, default: 3600, description: "How long it is good for." }),
    ),
    address: Type.Optional(
      Type.String({
        maxLength: 64,
        description: "IP address at which the other host finds this one, with or without a port (8473).",
      }),
    ),
  },
  strict,
);

export const ArrivalToken = Type.Object({
  token: Type.String({ examples: ["lodge-move-WyJ2MDEyMzQ1Njc4OSIs"] }),
  arrival: Id,
  expiresAt: Timestamp,
});

export const ArrivalSettle = Type.Object(
  {
    take: Type.Boolean({
      description: "True: the guest is this host's from now on. False: what came of it is removed.",
    }),
  },
  strict,
);

/** What a guest brings along: domain/guest/migrate/cargo.ts, with what is secret in the open. */
const cargo = Type.Unsafe<object>({ type: "object" });

export const ArrivalSettled = Type.Object({
  guest: Type.String({ description: "Its name, or its id." }),
  here: Type.Boolean({ description: "It is this host's." }),
});

export const VisitEnter = Type.Object(
  { visit: Id, secret: Type.String({ maxLength: 128 }), host: Type.String({ minLength: 1, maxLength: 253 }) },
  strict,
);
export const VisitHost = Type.Object({
  host: Type.String(),
  expiresAt: Timestamp,
});
export const VisitCargo = Type.Object({ cargo, wishes: MoveWishes }, strict);
export const VisitProspect = Type.Object({
  bytes: Bytes,
  blockers: Type.Array(MoveBlocker),
  warnings: Type.Array(Type.String()),
});
export const VisitEnd = Type.Object(
  { guest: Type.String({ pattern: "^g[0-9a-z]{10}$" }), taken: Type.Boolean() },
  strict,
);
export const VisitOutcome = Type.Object({
  here: Type.Boolean({ description: "The guest is this host's." }),
});
