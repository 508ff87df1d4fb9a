/** Guests that go from one host to another. */
import { Bytes, Name } from "./fields.ts";
import { Type, type Static } from "./type.ts";

const strict = { additionalProperties: false } as const;

const NetworkNames = Type.Record(
  Type.String({ pattern: "^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$" }),
  Type.String({ maxLength: 63 }),
  {
    additionalProperties: false,
    description: "What its networks are called there, where that is not as here.",
  },
);

/** What is to be other where a guest goes outside its cluster. */
export const MoveWishes = Type.Object(
  {
    name: Type.Optional(Name),
    project: Type.Optional(Name),
    networks: Type.Optional(NetworkNames),
  },
  strict,
);
export type MoveWishes = Static<typeof MoveWishes>;

export const GuestMove = Type.Object(
  {
    token: Type.Optional(
      Type.String({
        maxLength: 1024,
        description:
          "What 'lodge arrival token' printed on a host outside this cluster: the guest goes there, at rest.",
      }),
    ),
    wishes: Type.Optional(MoveWishes),
    to: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 63,
        description: "A host, by its name or id. Without it: the one that suits the guest best.",
      }),
    ),
    bandwidth: Type.Optional(
      Type.Integer({
        minimum: 1024 * 1024,
        description: "Bytes a second at most; as fast as can be, if not given.",
      }),
    ),
    downtime: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 60_000,
        default: 300,
        description: "Milliseconds for which it may stand still for the last of its memory.",
      }),
    ),
    postCopy: Type.Optional(
      Type.Boolean({
        description: "Have it run there before its memory is there. No host can do that: it is refused.",
      }),
    ),
    how: Type.Optional(
      Type.Union([Type.Literal("live"), Type.Literal("cold")], {
        description: "Refused unless it runs, or rests. Without it: as it is.",
      }),
    ),
  },
  strict,
);
export type GuestMove = Static<typeof GuestMove>;

export const MoveBlocker = Type.Object({
  what: Type.String({ examples: ["processor", "memory", "device"] }),
  reason: Type.String({ description: 'Goes on from "It cannot go to that host:".' }),
  fix: Type.String({ description: "What would let it go." }),
});

export const MoveProspect = Type.Object({
  host: Type.String({ description: "Name of the host to which it would go." }),
  live: Type.Boolean({ description: "It would run on throughout." }),
  bytes: Bytes,
  blockers: Type.Array(MoveBlocker, { description: "None: it can go." }),
  warnings: Type.Array(Type.String(), { description: "What it would lose on its way." }),
});
export type MoveProspect = Static<typeof MoveProspect>;

/** What a guest brings along, between hosts of the same or the next version: domain/guest/migrate/cargo.ts. */
const cargo = Type.Unsafe<object>({ type: "object" });

export const PeerMoveLook = Type.Object({ cargo }, strict);
export const PeerMoveBegin = Type.Object(
  { move: Type.String({ pattern: "^o[0-9a-z]{10}$" }), cargo },
  strict,
);
export const PeerMoveProspect = Type.Object({
  bytes: Type.Number(),
  blockers: Type.Array(MoveBlocker),
  inPlace: Type.Optional(Type.Array(Type.String())),
});
