/** Recordings of guests' displays. */
import { Type, type Static } from "./type.ts";
import { mostBytes, mostSeconds } from "../recording/limits.ts";
import { Bytes, Timestamp } from "./fields.ts";

const strict = { additionalProperties: false } as const;

export const RecordingCreate = Type.Object(
  {
    maxSeconds: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: mostSeconds,
        description: "It ends after so many seconds. Default: 12 hours; most: 7 days.",
        examples: [3600],
      }),
    ),
    maxBytes: Type.Optional(
      Type.Integer({
        minimum: 1024 ** 2,
        maximum: mostBytes,
        description: "It ends at this size. Default: 2 GiB; most: 8 GiB.",
        examples: [268_435_456],
      }),
    ),
  },
  strict,
);

export const EndReason = Type.Union(
  [
    Type.Literal("stopped"),
    Type.Literal("guest-removed"),
    Type.Literal("duration"),
    Type.Literal("size"),
    Type.Literal("disk"),
    Type.Literal("daemon"),
    Type.Literal("failed"),
  ],
  {
    description:
      "Why it ended: somebody stopped it, the guest was removed, it lasted as long or became as large as it may, the disk filled up, the daemon ended (then a further one goes on), or Lodge failed.",
  },
);
export type EndReason = Static<typeof EndReason>;

export const Recording = Type.Object({
  id: Type.String({ examples: ["r0123456789"] }),
  guest: Type.String({ description: "The guest's id.", examples: ["g0123456789"] }),
  guestName: Type.String({ description: "What the guest was called." }),
  project: Type.String(),
  state: Type.Union([Type.Literal("recording"), Type.Literal("ended")]),
  startedAt: Timestamp,
  startedBy: Type.String({ description: "Who began it.", examples: ["anna"] }),
  endedAt: Type.Optional(Timestamp),
  reason: Type.Optional(EndReason),
  size: Bytes,
  maxSeconds: Type.Integer({ description: "When it ends by itself." }),
  maxBytes: Type.Integer({ description: "At what size it ends by itself." }),
  seconds: Type.Number({ description: "How long it is." }),
  continues: Type.Optional(
    Type.String({
      description: "The recording that it goes on from: the daemon began anew.",
      examples: ["r0123456789"],
    }),
  ),
});
export type Recording = Static<typeof Recording>;
