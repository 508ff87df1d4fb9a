/** The host, and events. */
import { Type, type Static } from "./type.ts";
import { Bytes, Labels, Timestamp } from "./fields.ts";

/** One thing that `lodge doctor` looked at. */
export const Check = Type.Object({
  name: Type.String({ examples: ["accelerator"] }),
  status: Type.Union([Type.Literal("ok"), Type.Literal("warning"), Type.Literal("missing")]),
  summary: Type.String({ description: "What was found and how it was proved." }),
  fix: Type.Optional(Type.String({ description: "What to do about it." })),
});
export type Check = Static<typeof Check>;

export const Host = Type.Object({
  name: Type.String(),
  version: Type.String({ description: "Lodge's version." }),
  home: Type.Optional(
    Type.String({ description: "As the next two, for those whose role counts everywhere." }),
  ),
  tag: Type.Optional(
    Type.String({ description: "What this Lodge's bridges, taps and tables are named by." }),
  ),
  pid: Type.Optional(Type.Integer()),
  startedAt: Timestamp,
  cpus: Type.Integer(),
  memory: Bytes,
  memoryAvailable: Bytes,
  diskFree: Bytes,
  accelerator: Type.Union([Type.Literal("kvm"), Type.Literal("tcg")]),
  acceleratorReason: Type.String(),
  qemu: Type.String({ examples: ["7.2.22"] }),
  privileged: Type.Boolean(),
  guests: Type.Integer({ description: "As the next, of those that whoever asks may see." }),
  running: Type.Integer(),
  fingerprint: Type.Optional(
    Type.String({
      description:
        "SHA-256 of the certificate authority that other computers pin; none where they cannot get here.",
    }),
  ),
});
export type Host = Static<typeof Host>;

/** Something that happened; kept in order, in a bounded history. */
export const Event = Type.Object({
  id: Type.String({ description: "Grows; resume after it." }),
  at: Timestamp,
  kind: Type.String({ examples: ["guest.created"] }),
  host: Type.Optional(Type.String({ description: "In a cluster: the host on which it happened." })),
  guest: Type.Optional(Type.String()),
  guestName: Type.Optional(Type.String()),
  project: Type.Optional(Type.String({ description: "None: it is the host's." })),
  labels: Type.Optional(Labels),
  message: Type.String(),
});
export type Event = Static<typeof Event>;
