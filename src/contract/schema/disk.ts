/** A guest's disks. */
import { Type, type Static } from "./type.ts";
import { Bytes } from "./fields.ts";

const strict = { additionalProperties: false } as const;

export const DiskBus = Type.Union([
  Type.Literal("virtio-blk"),
  Type.Literal("virtio-scsi"),
  Type.Literal("sata"),
]);
export const DiskFormat = Type.Union([Type.Literal("qcow2"), Type.Literal("raw")]);
export const DiskSize = Type.Integer({
  minimum: 1048576,
  multipleOf: 512,
  description: "Bytes, in whole sectors of 512.",
  examples: [10737418240],
});

export const Disk = Type.Object({
  id: Type.String({ description: "Stable within the guest: disk0, disk1, …" }),
  bus: DiskBus,
  /** Of the file that it writes to now: a raw disk goes on in qcow2 once its guest was branched. */
  format: DiskFormat,
  size: Bytes,
  serial: Type.String({ description: "The serial number by which the guest sees it." }),
  encrypted: Type.Optional(Type.Boolean({ description: "What is written to it is encrypted on the host." })),
  volume: Type.Optional(Type.String({ description: "Id of the volume that was attached as this disk." })),
});
export type Disk = Static<typeof Disk>;

/** The most disks a guest can have: each has its place in the boot order (qemu/argv.ts). */
export const mostDisks = 10;

const options = { bus: Type.Optional(DiskBus), format: Type.Optional(DiskFormat) } as const;

/** A disk of a new guest. The first may leave its size to the image. */
export const NewDisk = Type.Object(
  {
    size: Type.Optional(DiskSize),
    ...options,
    pool: Type.Optional(
      Type.String({ maxLength: 63, description: "The pool that it is in; none: the default one." }),
    ),
  },
  strict,
);
export type NewDisk = Static<typeof NewDisk>;

export const DiskAdd = Type.Object(
  {
    size: DiskSize,
    ...options,
    encrypt: Type.Optional(
      Type.Boolean({ description: "Encrypt what is written to it. Default: as the guest's first disk is." }),
    ),
  },
  strict,
);
export type DiskAdd = Static<typeof DiskAdd>;

export const DiskResize = Type.Object({ size: DiskSize }, strict);
export type DiskResize = Static<typeof DiskResize>;
