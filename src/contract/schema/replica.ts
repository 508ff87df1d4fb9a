/** Replicas: what a guest writes to its disks, kept on a second host as well. */
import { Type, type Static } from "./type.ts";

const strict = { additionalProperties: false } as const;

export const Replica = Type.Object(
  {
    host: Type.String({ description: "Name of the host that has it." }),
    state: Type.Union([Type.Literal("copying"), Type.Literal("in-sync"), Type.Literal("behind")], {
      description:
        "in-sync: each write is on both hosts before the guest hears that it is done. copying: it is being made equal. behind: the guest writes to its own disks alone.",
    }),
    since: Type.String({ format: "date-time" }),
    syncedAt: Type.Optional(
      Type.String({ format: "date-time", description: "When what it has whole was last equal." }),
    ),
    behind: Type.Optional(
      Type.Integer({ description: "Bytes that were to be copied yet when that was last looked at." }),
    ),
    reason: Type.Optional(Type.String({ description: "Why it is not in sync, in words." })),
  },
  { description: "A copy of its disks on a second host, which it can come back from." },
);
export type Replica = Static<typeof Replica>;

export const ReplicaSet = Type.Object(
  {
    to: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 63,
        description: "A host, by its name or id. Without it: the one that suits the guest best.",
      }),
    ),
  },
  strict,
);
export type ReplicaSet = Static<typeof ReplicaSet>;

export const ReplicaPromote = Type.Object(
  {
    acceptLoss: Type.Boolean({
      description: "What was written since the replica was last in sync is given up.",
    }),
  },
  strict,
);
export type ReplicaPromote = Static<typeof ReplicaPromote>;

export const ReplicaPromoted = Type.Object({
  guest: Type.String(),
  host: Type.String({ description: "Name of the host on which it is started." }),
  syncedAt: Type.String({ format: "date-time", description: "It has what was written until then." }),
  lost: Type.Boolean({ description: "It may have written more since then, which is gone." }),
});
export type ReplicaPromoted = Static<typeof ReplicaPromoted>;

/** Between hosts of the same or the next version: domain/guest/replica. */
const epoch = Type.Integer({ minimum: 1 });
const written = Type.Record(
  Type.String({ pattern: "^[a-z][a-z0-9]{0,15}$" }),
  Type.String({ pattern: "^l[0-9a-z]{10}$" }),
);

export const PeerReplicaPrepare = Type.Object(
  { epoch, cargo: Type.Unsafe<object>({ type: "object" }) },
  strict,
);
export const PeerReplicaFiles = Type.Object({ files: Type.Array(Type.String()) });
export const PeerReplicaOpen = Type.Object(
  {
    epoch,
    how: Type.Union([Type.Literal("on"), Type.Literal("over"), Type.Literal("anew")]),
    tops: written,
  },
  strict,
);
export const PeerReplicaKeep = Type.Object({ epoch, tops: written }, strict);
export const PeerReplicaClose = Type.Object({ epoch }, strict);
export const PeerReplicaCopy = Type.Object({
  torn: Type.Boolean({ description: "What was written to last was not closed in order." }),
  tops: written,
  layers: Type.Array(Type.String()),
});
export type PeerReplicaCopy = Static<typeof PeerReplicaCopy>;
