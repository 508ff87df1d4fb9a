/** How much a guest may take of what it shares with others. What is left out is not limited. */
import { Type, type Static } from "./type.ts";

const strict = { additionalProperties: false } as const;

const Rate = Type.Integer({
  minimum: 4096,
  maximum: 1_000_000_000_000,
  description: "Bytes a second.",
  examples: [52428800],
});
const Operations = Type.Integer({ minimum: 1, maximum: 10_000_000, description: "Requests a second." });
const Weight = Type.Integer({
  minimum: 1,
  maximum: 10_000,
  description: "Its share of the processors where they are short, against other guests' (default 100).",
});
const Cap = Type.Number({
  minimum: 0.01,
  maximum: 1024,
  description: "Processors that it may take at most, all its work together.",
  examples: [0.5],
});
/** As cpuset(7) has it. */
const Pin = Type.String({
  pattern: "^[0-9]{1,4}(-[0-9]{1,4})?(,[0-9]{1,4}(-[0-9]{1,4})?)*$",
  maxLength: 256,
  description: "The host's processors that it may run on.",
  examples: ["0-3,8"],
});
const Swap = Type.Integer({ minimum: 0, description: "Bytes of it that the host may swap out." });
const Burst = Type.Object(
  {
    factor: Type.Number({ minimum: 1, maximum: 1000, description: "So many times its rates." }),
    seconds: Type.Integer({ minimum: 1, maximum: 3600, description: "For so long, after a rest." }),
  },
  strict,
);

const disk = {
  readBytes: Type.Optional(Rate),
  writeBytes: Type.Optional(Rate),
  readOps: Type.Optional(Operations),
  writeOps: Type.Optional(Operations),
  burst: Type.Optional(Burst),
} as const;
const nic = {
  in: Type.Optional(Rate),
  out: Type.Optional(Rate),
} as const;

export const DiskLimits = Type.Object(disk, strict);
export type DiskLimits = Static<typeof DiskLimits>;

export const NicLimits = Type.Object(nic, strict);
export type NicLimits = Static<typeof NicLimits>;

const DiskId = Type.String({ pattern: "^disk[0-9]{1,2}$" });
const NicId = Type.String({ pattern: "^nic[0-9]{1,2}$" });

const ofDisk =
  "Of all its disks together, but those with limits of their own: of each of these, as far as it names no other.";
const ofNic = "Of each of its network cards, but those with limits of their own.";

export const GuestLimits = Type.Object(
  {
    weight: Type.Optional(Weight),
    cap: Type.Optional(Cap),
    pin: Type.Optional(Pin),
    swap: Type.Optional(Swap),
    disk: Type.Optional(Type.Object(disk, { ...strict, description: ofDisk })),
    disks: Type.Optional(
      Type.Record(DiskId, DiskLimits, { ...strict, description: "Of single disks, by their ids." }),
    ),
    nic: Type.Optional(Type.Object(nic, { ...strict, description: ofNic })),
    nics: Type.Optional(
      Type.Record(NicId, NicLimits, { ...strict, description: "Of single cards, by their ids." }),
    ),
  },
  { ...strict, description: "How much it may take of what it shares; what is left out is not limited." },
);
export type GuestLimits = Static<typeof GuestLimits>;

const Nothing = Type.Null();
const diskChange = {
  readBytes: Type.Optional(Type.Union([Rate, Nothing])),
  writeBytes: Type.Optional(Type.Union([Rate, Nothing])),
  readOps: Type.Optional(Type.Union([Operations, Nothing])),
  writeOps: Type.Optional(Type.Union([Operations, Nothing])),
  burst: Type.Optional(Type.Union([Burst, Nothing])),
} as const;
const nicChange = {
  in: Type.Optional(Type.Union([Rate, Nothing])),
  out: Type.Optional(Type.Union([Rate, Nothing])),
} as const;
const DiskChange = Type.Union([Type.Object(diskChange, strict), Nothing]);
const NicChange = Type.Union([Type.Object(nicChange, strict), Nothing]);

/** A merge patch (RFC 7396): what it does not name stays, null takes a limit away. */
export const LimitsChange = Type.Object(
  {
    weight: Type.Optional(Type.Union([Weight, Nothing])),
    cap: Type.Optional(Type.Union([Cap, Nothing])),
    pin: Type.Optional(Type.Union([Pin, Nothing])),
    swap: Type.Optional(Type.Union([Swap, Nothing])),
    disk: Type.Optional(DiskChange),
    disks: Type.Optional(Type.Union([Type.Record(DiskId, DiskChange, strict), Nothing])),
    nic: Type.Optional(NicChange),
    nics: Type.Optional(Type.Union([Type.Record(NicId, NicChange, strict), Nothing])),
  },
  { ...strict, description: "What it does not name stays; null takes a limit away." },
);
export type LimitsChange = Static<typeof LimitsChange>;
