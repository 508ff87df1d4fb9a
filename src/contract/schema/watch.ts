/** What is kept and worked out of guests and the host for whoever looks at them: use over time, space, first start. */
import { Type, type Static } from "./type.ts";
import { Bytes, Timestamp } from "./fields.ts";

const strict = { additionalProperties: false } as const;

export const UsageQuery = Type.Object(
  {
    range: Type.Optional(
      Type.Union([Type.Literal("hour"), Type.Literal("day")], {
        description: "The last hour, a point each 20 s (default), or the last day, a point each 10 min.",
      }),
    ),
  },
  strict,
);
export type UsageQuery = Static<typeof UsageQuery>;

const rate = (description: string) => Type.Number({ minimum: 0, description });

/** What was taken on average between this moment and the point before it. */
export const UsagePoint = Type.Object({
  at: Timestamp,
  cpu: rate("Processors' worth: 1.5 is one and a half."),
  memory: rate("Bytes of the host's memory."),
  diskRead: rate("Bytes a second."),
  diskWritten: rate("Bytes a second."),
  netReceived: rate("Bytes a second."),
  netSent: rate("Bytes a second."),
});
export type UsagePoint = Static<typeof UsagePoint>;

export const UsageSeries = Type.Object({
  range: Type.Union([Type.Literal("hour"), Type.Literal("day")]),
  step: Type.Integer({ description: "Seconds from one point to the next, at the least." }),
  points: Type.Array(UsagePoint, {
    description: "Oldest first. Of a guest that has ended they are kept for a day.",
  }),
});
export type UsageSeries = Static<typeof UsageSeries>;

export const StorageItem = Type.Object({
  id: Type.String(),
  kind: Type.Union(
    [
      Type.Literal("image"),
      Type.Literal("disk"),
      Type.Literal("shared"),
      Type.Literal("template"),
      Type.Literal("snapshot"),
      Type.Literal("suspended"),
      Type.Literal("variables"),
      Type.Literal("recording"),
      Type.Literal("upload"),
      Type.Literal("unused"),
    ],
    {
      description:
        "disk: what one guest writes to; shared: what branches have in common; snapshot: what it alone keeps of disks and memory; suspended: the memory of a guest that is; variables: a UEFI's; recording: of a display; upload: what has arrived of an image; unused: soon removed.",
    },
  ),
  name: Type.String({
    description: "The image's or the file's, or the guest's and the disk's or the snapshot's.",
  }),
  bytes: Bytes,
  size: Type.Optional(Type.Integer({ description: "Bytes that the disk has to those who use it." })),
  guests: Type.Array(Type.Object({ id: Type.String(), name: Type.String(), project: Type.String() }), {
    description: "The guests that stand on it, or whose it is.",
  }),
  createdAt: Type.Optional(Timestamp),
});
export type StorageItem = Static<typeof StorageItem>;

export const Storage = Type.Object({
  folder: Type.String(),
  size: Bytes,
  free: Bytes,
  /** Of everything that is listed. */
  taken: Bytes,
  items: Type.Array(StorageItem, { description: "The largest first." }),
});
export type Storage = Static<typeof Storage>;

export const CloudInit = Type.Object({
  used: Type.Boolean({ description: "Whether its image starts cloud-init." }),
  hostname: Type.String(),
  user: Type.Optional(Type.String({ description: "The account that the keys are for." })),
  sshKeys: Type.Array(Type.String(), { description: "Lines of authorized_keys." }),
  hostKey: Type.String({ description: "The public key by which the guest is known over SSH." }),
  instance: Type.String({ description: "cloud-init's instance-id." }),
  userData: Type.Optional(
    Type.String({
      description: "What was given, without passwords, keys and tokens that can be told as such.",
    }),
  ),
  status: Type.Optional(
    Type.String({ description: "What cloud-init says inside.", examples: ["done", "running", "error"] }),
  ),
  detail: Type.Optional(Type.String()),
});
export type CloudInit = Static<typeof CloudInit>;
