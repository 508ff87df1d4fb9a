/** Pools: where the host keeps what is on guests' disks. */
import { Type, type Static } from "./type.ts";
import { Bytes, Name, Timestamp } from "./fields.ts";

const strict = { additionalProperties: false } as const;

/** The pool of what names none: the home itself. It is always there. */
export const defaultPool = "default";

export const poolKinds = ["directory", "shared", "lvm"] as const;
export type PoolKind = (typeof poolKinds)[number];

const Kind = Type.Union([Type.Literal("directory"), Type.Literal("shared"), Type.Literal("lvm")], {
  description:
    "directory: a folder of this host; shared: a folder that has to be a mount point, of NFS or another file system that several hosts share; lvm: a thin pool of LVM.",
});

const Target = Type.String({
  minLength: 1,
  maxLength: 1024,
  description: "The folder's absolute path; of lvm VOLUME-GROUP/THIN-POOL.",
  examples: ["/srv/lodge"],
});

const Quota = Type.Integer({
  minimum: 1048576,
  description: "Bytes that the volumes in it may have together, as their guests see them.",
});

const Description = Type.String({ maxLength: 1000, description: "Free text." });

export const Pool = Type.Object({
  name: Name,
  kind: Kind,
  target: Target,
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
    description: Type.Optional(Description),
    quota: Type.Optional(Quota),
  },
  strict,
);
export type PoolCreate = Static<typeof PoolCreate>;

export const PoolUpdate = Type.Object(
  {
    description: Type.Optional(Description),
    quota: Type.Optional(Type.Union([Quota, Type.Null()], { description: "null: none any more." })),
  },
  strict,
);
export type PoolUpdate = Static<typeof PoolUpdate>;
