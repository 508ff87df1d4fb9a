/** Volumes: disks as things of their own, with a guest or without. */
import { Type, type Static } from "./type.ts";
import { DiskBus, DiskFormat, DiskSize } from "./disk.ts";
import { Bytes, Name, Timestamp } from "./fields.ts";

const strict = { additionalProperties: false } as const;

const Description = Type.String({ maxLength: 1000, description: "Free text." });
const PoolName = Type.String({ maxLength: 63, description: "A pool's name; none: the default one." });

export const Volume = Type.Object({
  id: Type.String(),
  host: Type.Optional(Type.String({ description: "In a cluster: whose it is, by the host's name." })),
  name: Type.String({ description: "Of a guest's own disk: GUEST:DISK." }),
  project: Type.String(),
  description: Type.String(),
  pool: Type.String(),
  state: Type.Union([Type.Literal("making"), Type.Literal("ready")]),
  format: DiskFormat,
  size: Bytes,
  used: Type.Integer({
    minimum: 0,
    description: "Bytes that what is written to now takes; what lies below it may be others' too.",
  }),
  createdAt: Type.Optional(Timestamp),
  guest: Type.Optional(Type.String({ description: "Id of the guest that has it." })),
  guestName: Type.Optional(Type.String()),
  disk: Type.Optional(Type.String({ description: "What it is called there: disk1." })),
  encrypted: Type.Boolean({ description: "What is written to it is encrypted on the host (LUKS in qcow2)." }),
  own: Type.Boolean({ description: "It was made with its guest, and goes with it." }),
});
export type Volume = Static<typeof Volume>;

export const VolumeCreate = Type.Object(
  {
    name: Name,
    size: DiskSize,
    format: Type.Optional(DiskFormat),
    pool: Type.Optional(PoolName),
    encrypt: Type.Optional(
      Type.Boolean({ description: "Encrypt what is written to it, with a key of its own that Lodge keeps." }),
    ),
    description: Type.Optional(Description),
  },
  strict,
);
export type VolumeCreate = Static<typeof VolumeCreate>;

export const VolumeResize = Type.Object({ size: DiskSize }, strict);
export type VolumeResize = Static<typeof VolumeResize>;

export const VolumeClone = Type.Object(
  {
    name: Name,
    pool: Type.Optional(Type.String({ maxLength: 63, description: "Default: where the volume is." })),
    full: Type.Optional(
      Type.Boolean({ description: "Copy everything: it shares nothing with the volume that it is made of." }),
    ),
    description: Type.Optional(Description),
  },
  strict,
);
export type VolumeClone = Static<typeof VolumeClone>;

export const VolumeMove = Type.Object({ pool: PoolName }, strict);
export type VolumeMove = Static<typeof VolumeMove>;

export const VolumeAttach = Type.Object(
  { guest: Type.String({ maxLength: 128 }), bus: Type.Optional(DiskBus) },
  strict,
);
export type VolumeAttach = Static<typeof VolumeAttach>;

export const VolumeDetach = Type.Object(
  {
    timeout: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 3600, description: "Seconds the guest has to let go of it (30)." }),
    ),
    force: Type.Optional(
      Type.Boolean({ description: "Without asking the guest: what it has not written yet is lost." }),
    ),
  },
  strict,
);
export type VolumeDetach = Static<typeof VolumeDetach>;
