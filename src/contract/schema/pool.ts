/** Pools: where the host keeps what is on guests' disks. */
import { Type, type Static } from "./type.ts";
import { Bytes, Name, Timestamp } from "./fields.ts";

const strict = { additionalProperties: false } as const;

/** The pool of what names none: the home itself. It is always there. */
export const defaultPool = "default";

export const poolKinds = ["directory", "shared", "lvm", "rbd"] as const;
export type PoolKind = (typeof poolKinds)[number];

const Kind = Type.Union(
  [Type.Literal("directory"), Type.Literal("shared"), Type.Literal("lvm"), Type.Literal("rbd")],
  {
    description:
      "directory: a folder of this host; shared: a folder that has to be a mount point, of NFS or another file system that several hosts share; lvm: a thin pool of LVM; rbd: a pool of Ceph's for block devices.",
  },
);

const Target = Type.String({
  minLength: 1,
  maxLength: 1024,
  description: "The folder's absolute path; of lvm VOLUME-GROUP/THIN-POOL; of rbd the name of Ceph's pool.",
  examples: ["/srv/lodge"],
});

const Monitors = Type.Array(
  Type.String({ pattern: "^([A-Za-z0-9.-]+|\\[[0-9A-Fa-f:.]+\\])(:[0-9]{1,5})?$", maxLength: 260 }),
  {
    minItems: 1,
    maxItems: 15,
    description: "Of rbd: Ceph's monitors, as HOST or HOST:PORT. Without a port it is 3300.",
    examples: [["10.0.0.11", "10.0.0.12"]],
  },
);

const CephUser = Type.String({
  pattern: "^[A-Za-z0-9_.-]+$",
  maxLength: 128,
  description: "Of rbd: whom Lodge signs in to Ceph as, without 'client.' before it.",
  examples: ["lodge"],
});

const CephKey = Type.String({
  pattern: "^[A-Za-z0-9+/]{8,512}={0,2}$",
  description:
    "Of rbd: that user's key, as Ceph's keyrings have it. It is kept sealed, and no answer has it.",
  examples: ["QVFBX25vX2tleV9vZl9hbnlib2R5cw=="],
});

const Quota = Type.Integer({
  minimum: 1048576,
  description: "Bytes that the volumes in it may have together, as their guests see them.",
});

const Description = Type.String({ maxLength: 1000, description: "Free text." });

export const Pool = Type.Object({
  name: Name,
  host: Type.Optional(Type.String({ description: "In a cluster: whose it is, by the host's name." })),
  kind: Kind,
  target: Target,
  monitors: Type.Optional(Monitors),
  user: Type.Optional(CephUser),
  description: Type.String(),
  createdAt: Type.Optional(Timestamp),
  state: Type.Union([Type.Literal("ready"), Type.Literal("unusable")]),
  reason: Type.Optional(Type.String({ description: "Why it is unusable." })),
  size: Bytes,
  free: Bytes,
  reflink: Type.Boolean({ description: "A copy within it takes no space until something is written to it." }),
  quota: Type.Optional(Quota),
  promised: Type.Integer({ minimum: 0, description: "Bytes that the volumes in it have together." }),
  used: Type.Integer({ minimum: 0, description: "Bytes that they take, snapshots included." }),
  volumes: Type.Integer({ minimum: 0 }),
});
export type Pool = Static<typeof Pool>;

export const PoolCreate = Type.Object(
  {
    name: Name,
    kind: Kind,
    target: Target,
    monitors: Type.Optional(Monitors),
    user: Type.Optional(CephUser),
    key: Type.Optional(CephKey),
    description: Type.Optional(Description),
    quota: Type.Optional(Quota),
  },
  strict,
);
export type PoolCreate = Static<typeof PoolCreate>;

export const PoolUpdate = Type.Object(
  {
    monitors: Type.Optional(Monitors),
    user: Type.Optional(CephUser),
    key: Type.Optional(CephKey),
    description: Type.Optional(Description),
    quota: Type.Optional(Type.Union([Quota, Type.Null()], { description: "null: none any more." })),
  },
  strict,
);
export type PoolUpdate = Static<typeof PoolUpdate>;
