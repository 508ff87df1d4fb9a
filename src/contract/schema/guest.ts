/** The guest: a virtual machine, as users see it and as the API carries it. */
import { Replica } from "./replica.ts";
import { Type, type Static } from "./type.ts";
import { DesktopMark } from "./desktop-mark.ts";
import { DeviceId } from "./device.ts";
import { Disk, mostDisks, NewDisk } from "./disk.ts";
import { Bytes, Labels, Name, Timestamp } from "./fields.ts";
import { GuestLimits, LimitsChange } from "./limits.ts";
import { mostNics, Nic, NicAdd } from "./network.ts";
import { Placement } from "./placement.ts";
import { mostShares, Share, ShareAdd } from "./share.ts";

const strict = { additionalProperties: false } as const;

/** How a port of the host leads to one of the guest. */
export const Publish = Type.Object(
  {
    protocol: Type.Union([Type.Literal("tcp"), Type.Literal("udp")], { default: "tcp" }),
    hostPort: Type.Integer({ minimum: 1, maximum: 65535 }),
    guestPort: Type.Integer({ minimum: 1, maximum: 65535 }),
  },
  strict,
);
export type Publish = Static<typeof Publish>;

/** A CD-ROM drive. Every guest has two: one for the user's ISO, one for its cloud-init seed. */
export const Drive = Type.Object({
  id: Type.String(),
  image: Type.Optional(Type.String({ description: "What is in it: an image's name or a path." })),
});
export type Drive = Static<typeof Drive>;

export const RestartPolicy = Type.Union(
  [Type.Literal("never"), Type.Literal("on-failure"), Type.Literal("always")],
  { description: "What happens when the guest ends by itself, and when the host starts." },
);

export const StartOrder = Type.Integer({
  minimum: 0,
  maximum: 9999,
  description:
    "When it comes back after the host's restart: lower ones first (default 100). The host's shutdown goes the other way.",
});

export const OnHostShutdown = Type.Union([Type.Literal("suspend"), Type.Literal("stop")], {
  description:
    "What becomes of it when the host shuts down in order (default suspend); afterwards it comes back.",
});

export const ClipboardPolicy = Type.Union(
  [Type.Literal("both"), Type.Literal("in"), Type.Literal("out"), Type.Literal("none")],
  {
    description:
      "Which way copied text goes between the guest's desktop and whoever watches its display: into the guest, out of it (default both).",
  },
);
export type ClipboardPolicy = Static<typeof ClipboardPolicy>;

export const FileDrop = Type.Boolean({
  description: "Whether files can be dropped onto its display (default true).",
});

/** What a guest has that is highly available; one that is not has none of it. */
export const HighAvailability = Type.Object(
  {
    priority: Type.Integer({
      minimum: 0,
      maximum: 9999,
      description: "Of the guests of a host that died those with the highest come back first (default 100).",
    }),
  },
  {
    ...strict,
    description: "It is started on another host of the cluster when its own dies.",
  },
);
export type HighAvailability = Static<typeof HighAvailability>;

/** What the machine is. Kept for the guest's life, so that suspended state outlives an upgrade of QEMU. */
export const Machine = Type.Object({
  type: Type.String({ description: "Versioned machine type.", examples: ["pc-q35-7.2"] }),
  cpuModel: Type.String({ examples: ["max", "host"] }),
  firmware: Type.Union([Type.Literal("bios"), Type.Literal("uefi")]),
  secureBoot: Type.Boolean(),
  tpm: Type.Boolean(),
  sound: Type.Optional(Type.Boolean({ description: "It has a sound card, and can be heard." })),
  tablet: Type.Optional(
    Type.Boolean({
      description: "Its pointer is where its viewer's is; guests of an image with a desktop have that.",
    }),
  ),
  monitors: Type.Optional(
    Type.Integer({
      description: "Monitors that its graphics card has room for; none said: one.",
    }),
  ),
  maxCpus: Type.Optional(
    Type.Integer({
      description: "Processors that it can be given while it runs; none where it has room for none.",
    }),
  ),
  maxMemory: Type.Optional(
    Type.Integer({
      description: "Bytes of memory that it can be given while it runs; none where it has room for none.",
    }),
  ),
  bootMemory: Type.Optional(
    Type.Integer({ description: "Bytes that it starts with, where the rest of its memory is plugged in." }),
  ),
  /** Version of Lodge's own device layout (PCI slots, device set): see qemu/argv.ts. */
  layout: Type.Integer(),
  balloon: Type.Optional(
    Type.Boolean({
      description: "Memory that it frees goes back to the host. Not of one that shares memory.",
    }),
  ),
});
export type Machine = Static<typeof Machine>;

export const BootOrder = Type.Union([Type.Literal("disk"), Type.Literal("cdrom")], {
  description: "What it is started from first: its disks or its drives. The others follow.",
});
export type BootOrder = Static<typeof BootOrder>;

/** Every state a guest can be in. Transitions: domain/guest/state.ts. */
export const GuestStateName = Type.Union([
  Type.Literal("creating"),
  Type.Literal("stopped"),
  Type.Literal("starting"),
  Type.Literal("running"),
  Type.Literal("paused"),
  Type.Literal("suspending"),
  Type.Literal("suspended"),
  Type.Literal("stopping"),
  Type.Literal("crashed"),
  Type.Literal("deleting"),
]);
export type GuestStateName = Static<typeof GuestStateName>;

/** What ails a guest while it lasts: an error of the catalogue. */
export const Ailment = Type.Object({
  code: Type.String({ examples: ["guest.no_space"] }),
  message: Type.String(),
  hint: Type.String({ description: "What to do about it." }),
});
export type Ailment = Static<typeof Ailment>;

export const Guest = Type.Object({
  id: Type.String(),
  name: Name,
  project: Type.String(),
  description: Type.String(),
  labels: Labels,
  createdAt: Timestamp,
  host: Type.Optional(Type.String({ description: "In a cluster: the host that it is on, by its name." })),
  generation: Type.Optional(
    Type.Integer({ description: "In a cluster: grows whenever it comes to another host." }),
  ),
  state: GuestStateName,
  stateSince: Timestamp,
  stateReason: Type.Optional(Type.String({ description: "Why it is in this state, in words." })),
  snapshot: Type.Optional(
    Type.String({ description: "Id of the snapshot that its present state stands on, where it has any." }),
  ),
  ails: Type.Optional(Type.Array(Ailment, { description: "What is wrong with it, where something is." })),
  cpus: Type.Integer(),
  memory: Bytes,
  memoryTarget: Type.Optional(
    Type.Integer({
      description: "Bytes that it is asked to get along with while it runs, where it has more by now.",
    }),
  ),
  memoryNow: Type.Optional(
    Type.Integer({
      description: "Bytes that it has taken so far, where memory is plugged in while it runs.",
    }),
  ),
  machine: Machine,
  disks: Type.Array(Disk),
  nics: Type.Array(Nic),
  drives: Type.Array(Drive),
  devices: Type.Optional(
    Type.Array(DeviceId, { description: "Devices of the host that are handed on to it." }),
  ),
  shares: Type.Optional(Type.Array(Share, { description: "Folders of the host that it sees." })),
  boot: BootOrder,
  publish: Type.Array(Publish),
  firewalls: Type.Optional(
    Type.Array(Type.String(), { description: "Firewall groups that are attached to it." }),
  ),
  restart: RestartPolicy,
  startOrder: StartOrder,
  onHostShutdown: OnHostShutdown,
  ha: Type.Optional(HighAvailability),
  replica: Type.Optional(Replica),
  clipboard: ClipboardPolicy,
  fileDrop: FileDrop,
  limits: Type.Optional(GuestLimits),
  placement: Type.Optional(Placement),
  removeWhenStopped: Type.Boolean(),
  desktop: Type.Optional(DesktopMark),
  uuid: Type.String({ format: "uuid" }),
  hostname: Type.String(),
  agent: Type.Union([Type.Literal("lodge"), Type.Literal("qemu"), Type.Literal("none")], {
    description: "Which agent its image has.",
  }),
  origin: Type.Object({
    image: Type.Optional(Type.String()),
    template: Type.Optional(Type.String()),
    parent: Type.Optional(Type.String({ description: "The guest it was branched from." })),
    how: Type.Union([Type.Literal("boot"), Type.Literal("fork"), Type.Literal("branch")]),
    reason: Type.Optional(Type.String({ description: "Why it booted rather than forked." })),
  }),
  accelerator: Type.Optional(Type.String({ description: "kvm or tcg, while it runs." })),
  pid: Type.Optional(Type.Integer({ description: "QEMU's process id, while it runs." })),
});
export type Guest = Static<typeof Guest>;

export const GuestCreate = Type.Object(
  {
    image: Type.Optional(
      Type.String({ description: "Name or id of an image. Left out with an ISO.", examples: ["debian-13"] }),
    ),
    name: Type.Optional(Name),
    description: Type.Optional(Type.String({ maxLength: 4096 })),
    labels: Type.Optional(Labels),
    cpus: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 255, description: "Default: as its image suggests, or 1." }),
    ),
    maxCpus: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 255,
        description: "Room for so many processors, which it can be given while it runs.",
      }),
    ),
    memory: Type.Optional(
      Type.Integer({ minimum: 16777216, description: "Bytes, in whole MiB.", examples: [536870912] }),
    ),
    maxMemory: Type.Optional(
      Type.Integer({
        minimum: 16777216,
        description: "Room for so many bytes of memory, which it can be given while it runs.",
      }),
    ),
    disks: Type.Optional(
      Type.Array(NewDisk, {
        minItems: 1,
        maxItems: mostDisks,
        description: "The first is the image's, or empty for an ISO's installer; the others are empty.",
      }),
    ),
    encrypted: Type.Optional(
      Type.Boolean({
        description:
          "What is written to its disks is encrypted on the host, with keys that Lodge keeps. Default: as its project says.",
      }),
    ),
    network: Type.Optional(
      Type.Array(Type.Union([Name, NicAdd]), {
        maxItems: mostNics,
        description: "A network card for each: a network's name, or more of it. [] for none.",
      }),
    ),
    shares: Type.Optional(
      Type.Array(ShareAdd, {
        maxItems: mostShares,
        description: "Folders of the host that it sees. For admins of the host.",
      }),
    ),
    publish: Type.Optional(Type.Array(Publish, { maxItems: 64 })),
    firewalls: Type.Optional(
      Type.Array(Name, { maxItems: 16, description: "Firewall groups that hold for it from the start." }),
    ),
    firmware: Type.Optional(Type.Union([Type.Literal("bios"), Type.Literal("uefi")])),
    secureBoot: Type.Optional(Type.Boolean()),
    tpm: Type.Optional(Type.Boolean()),
    sound: Type.Optional(
      Type.Boolean({ description: "A sound card (Intel HD Audio), heard where its display is watched." }),
    ),
    monitors: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 4,
        description:
          "Monitors that a desktop in it may have; of more than one its graphics card is virtio's.",
      }),
    ),
    sshKeys: Type.Optional(
      Type.Array(
        Type.String({
          maxLength: 16384,
          pattern: "^[a-z0-9@.-]+ [A-Za-z0-9+/=]+( [^\\u0000-\\u001f\\u007f]*)?$",
        }),
        {
          maxItems: 64,
        },
      ),
    ),
    userData: Type.Optional(
      Type.String({ maxLength: 1048576, description: "A cloud-init user-data file's text." }),
    ),
    iso: Type.Optional(Type.String({ description: "An ISO image's name, or a path on the host." })),
    boot: Type.Optional(BootOrder),
    restart: Type.Optional(RestartPolicy),
    startOrder: Type.Optional(StartOrder),
    onHostShutdown: Type.Optional(OnHostShutdown),
    removeWhenStopped: Type.Optional(Type.Boolean()),
    ha: Type.Optional(HighAvailability),
    limits: Type.Optional(GuestLimits),
    placement: Type.Optional(Placement),
    cold: Type.Optional(Type.Boolean({ description: "Boot, even where a template is parked." })),
    start: Type.Optional(Type.Boolean({ default: true })),
    wait: Type.Optional(
      Type.Union(
        [Type.Literal("none"), Type.Literal("identity"), Type.Literal("address"), Type.Literal("cloud-init")],
        {
          description:
            "What the operation waits for after the start. Default: identity; cloud-init where userData is given.",
        },
      ),
    ),
  },
  strict,
);
export type GuestCreate = Static<typeof GuestCreate>;

export const GuestUpdate = Type.Object(
  {
    name: Type.Optional(Name),
    description: Type.Optional(Type.String({ maxLength: 4096 })),
    labels: Type.Optional(Labels),
    cpus: Type.Optional(Type.Integer({ minimum: 1, maximum: 255 })),
    memory: Type.Optional(Type.Integer({ minimum: 16777216 })),
    boot: Type.Optional(BootOrder),
    restart: Type.Optional(RestartPolicy),
    startOrder: Type.Optional(StartOrder),
    onHostShutdown: Type.Optional(OnHostShutdown),
    ha: Type.Optional(
      Type.Union([HighAvailability, Type.Null()], {
        description: "Whether another host of the cluster starts it when its own dies; null: no more.",
      }),
    ),
    clipboard: Type.Optional(ClipboardPolicy),
    fileDrop: Type.Optional(FileDrop),
    publish: Type.Optional(Type.Array(Publish, { maxItems: 64 })),
    limits: Type.Optional(LimitsChange),
    placement: Type.Optional(
      Type.Union([Placement, Type.Null()], {
        description: "In the place of what it wished for before; null: it wishes for nothing.",
      }),
    ),
  },
  strict,
);
export type GuestUpdate = Static<typeof GuestUpdate>;

export const GuestStop = Type.Object(
  {
    force: Type.Optional(Type.Boolean({ description: "Switch it off at once, as by pulling the plug." })),
    timeout: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 3600,
        default: 90,
        description: "Seconds to wait for the guest to shut down.",
      }),
    ),
  },
  strict,
);
export type GuestStop = Static<typeof GuestStop>;

export const GuestFork = Type.Object(
  {
    count: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 1 })),
    name: Type.Optional(Name),
    allowTpm: Type.Optional(Type.Boolean()),
  },
  strict,
);
export type GuestFork = Static<typeof GuestFork>;

export const GuestDrive = Type.Object(
  {
    drive: Type.Optional(Type.String()),
    image: Type.Union([Type.String(), Type.Null()], { description: "null ejects." }),
  },
  strict,
);
export type GuestDrive = Static<typeof GuestDrive>;

/** What the agent says of the inside; what it cannot tell is empty or left out. */
export const GuestFacts = Type.Object({
  hostname: Type.String(),
  kernel: Type.String(),
  os: Type.String(),
  uptime: Type.Optional(Type.Number({ description: "Seconds." })),
  memoryTotal: Type.Optional(Bytes),
  memoryAvailable: Type.Optional(Bytes),
  addresses: Type.Array(Type.String()),
});
export type GuestFacts = Static<typeof GuestFacts>;
