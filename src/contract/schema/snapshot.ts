/** Snapshots: what a guest's disks, and its memory where that was asked for, were at one moment. */
import { Type, type Static } from "./type.ts";
import { Bytes, Name, Timestamp } from "./fields.ts";

const strict = { additionalProperties: false } as const;

/** The most snapshots a guest can have: each is one more file below its disks. */
export const mostSnapshots = 100;

const Description = Type.String({ maxLength: 1000, description: "Free text." });

/**
 * How whole the file systems on its disks are: frozen by the guest's agent meanwhile; as after a power cut;
 * written by a guest that had ended; or with the memory that belongs to them.
 */
export const Consistency = Type.Union([
  Type.Literal("agent"),
  Type.Literal("crash"),
  Type.Literal("rest"),
  Type.Literal("memory"),
]);
export type Consistency = Static<typeof Consistency>;

export const Snapshot = Type.Object({
  id: Type.String(),
  guest: Type.String({ description: "The guest's id." }),
  project: Type.String({ description: "The guest's." }),
  name: Name,
  description: Description,
  parent: Type.Optional(
    Type.String({ description: "Id of the snapshot that the guest stood on; none: it is a first one." }),
  ),
  createdAt: Timestamp,
  kind: Type.Union([Type.Literal("disks"), Type.Literal("memory")], {
    description: "The disks alone, or with the memory and the processes of a guest that goes on from there.",
  }),
  consistency: Consistency,
  pause: Type.Optional(
    Type.Number({ description: "Milliseconds for which the guest, or its writing, was held up for it." }),
  ),
  size: Type.Integer({ minimum: 0, description: "Bytes of its own: what was written since its parent." }),
  memorySize: Type.Optional(
    Type.Integer({ minimum: 0, description: "Bytes of the saved memory, beside `size`." }),
  ),
  shared: Type.Integer({ minimum: 0, description: "Bytes below it, which others stand on too." }),
  cpus: Type.Integer({ description: "Of the machine at that time, as are the following." }),
  memory: Bytes,
  disks: Type.Array(Type.Object({ id: Type.String(), size: Bytes })),
});
export type Snapshot = Static<typeof Snapshot>;

export const SnapshotCreate = Type.Object(
  {
    name: Type.Optional(Name),
    description: Type.Optional(Description),
    memory: Type.Optional(
      Type.Boolean({
        description: "With its memory: a guest that runs, is paused or suspended goes on from there.",
      }),
    ),
    freeze: Type.Optional(
      Type.Union([Type.Literal("auto"), Type.Literal("always"), Type.Literal("never")], {
        description:
          "Whether the agent freezes the file systems of a running guest meanwhile: where it can (auto), or else fail (always).",
      }),
    ),
  },
  strict,
);
export type SnapshotCreate = Static<typeof SnapshotCreate>;

export const SnapshotUpdate = Type.Object(
  { name: Type.Optional(Name), description: Type.Optional(Description) },
  strict,
);
export type SnapshotUpdate = Static<typeof SnapshotUpdate>;

export const SnapshotRestore = Type.Object(
  {
    force: Type.Optional(Type.Boolean({ description: "Also a guest that runs: it is switched off." })),
    memory: Type.Optional(
      Type.Boolean({ description: "False: of one with memory, the disks alone. Default true." }),
    ),
    keep: Type.Optional(
      Type.Boolean({
        description:
          "Take a snapshot of its present state first: of its disks, and of its memory where it is suspended.",
      }),
    ),
    start: Type.Optional(
      Type.Boolean({
        description: "Start it then. Default: where it ran, and where memory is restored.",
      }),
    ),
  },
  strict,
);
export type SnapshotRestore = Static<typeof SnapshotRestore>;

export const SnapshotFork = Type.Object(
  {
    name: Type.Optional(Name),
    memory: Type.Optional(
      Type.Boolean({ description: "False: of one with memory, boot the disks. Default true." }),
    ),
    allowTpm: Type.Optional(
      Type.Boolean({ description: "Also a guest with a TPM, whose secrets the new one then holds too." }),
    ),
  },
  strict,
);
export type SnapshotFork = Static<typeof SnapshotFork>;

export const SnapshotPrune = Type.Object(
  {
    keep: Type.Optional(
      Type.Integer({ minimum: 0, maximum: mostSnapshots, description: "The newest so many stay." }),
    ),
    olderThan: Type.Optional(Type.Integer({ minimum: 0, description: "Seconds: younger ones stay." })),
  },
  strict,
);
export type SnapshotPrune = Static<typeof SnapshotPrune>;
