/** Firewall groups: rules that hold for the guests and networks that they are attached to. */
import { Type, type Static } from "./type.ts";
import { Name, Timestamp } from "./fields.ts";

const strict = { additionalProperties: false } as const;

const Direction = Type.Union([Type.Literal("in"), Type.Literal("out")], {
  description: "Whether it is about who may reach the guest, or whom the guest may reach.",
});

const Protocol = Type.Union(
  [Type.Literal("any"), Type.Literal("tcp"), Type.Literal("udp"), Type.Literal("icmp")],
  { description: "icmp is that of IPv6 too." },
);

const Ports = Type.Array(
  Type.String({ pattern: "^[0-9]{1,5}(-[0-9]{1,5})?$", examples: ["22", "8000-8100"] }),
  {
    maxItems: 64,
    description: "Of whoever is connected to; for tcp and udp. None: all.",
  },
);

const Peer = Type.String({
  maxLength: 200,
  description:
    "Who is at the other end: any, an address or subnet, guest:NAME, group:NAME, network:NAME or label:KEY=VALUE, each of the same project.",
  examples: ["any", "10.0.0.0/8", "group:web"],
});

const Note = Type.String({ maxLength: 200, description: "What it is for." });
const Log = Type.Boolean({
  description: "Write what it allows to the kernel's log, some lines a second at most.",
});

export const NewFirewallRule = Type.Object(
  {
    direction: Direction,
    protocol: Type.Optional(Protocol),
    ports: Type.Optional(Ports),
    peer: Type.Optional(Peer),
    log: Type.Optional(Log),
    note: Type.Optional(Note),
  },
  strict,
);
export type NewFirewallRule = Static<typeof NewFirewallRule>;

export const FirewallRule = Type.Object({
  id: Type.String(),
  direction: Direction,
  protocol: Protocol,
  ports: Ports,
  peer: Peer,
  log: Log,
  note: Note,
  packets: Type.Optional(
    Type.Integer({ description: "Packets that it allowed since the group was changed last." }),
  ),
});
export type FirewallRule = Static<typeof FirewallRule>;

export const Firewall = Type.Object({
  id: Type.String(),
  name: Name,
  project: Type.String(),
  description: Type.String(),
  createdAt: Timestamp,
  rules: Type.Array(FirewallRule),
  guests: Type.Array(Type.String(), { description: "Names of the guests that it is attached to." }),
  networks: Type.Array(Type.String(), { description: "Names of the networks that it is attached to." }),
});
export type Firewall = Static<typeof Firewall>;

/** Of one group; of one guest there may be several. */
export const mostRules = 1000;

const Rules = Type.Array(NewFirewallRule, { maxItems: mostRules });

export const FirewallCreate = Type.Object(
  {
    name: Name,
    description: Type.Optional(Type.String({ maxLength: 4096 })),
    rules: Type.Optional(Rules),
  },
  strict,
);
export type FirewallCreate = Static<typeof FirewallCreate>;

export const FirewallUpdate = Type.Object(
  {
    description: Type.Optional(Type.String({ maxLength: 4096 })),
    rules: Type.Optional(Rules),
  },
  strict,
);
export type FirewallUpdate = Static<typeof FirewallUpdate>;

/** Whose packets a group is about: of its project. */
export const FirewallUsers = Type.Object(
  {
    guests: Type.Optional(Type.Array(Name, { maxItems: 1000 })),
    networks: Type.Optional(Type.Array(Name, { maxItems: 100 })),
  },
  strict,
);
export type FirewallUsers = Static<typeof FirewallUsers>;

export const FirewallUse = Type.Object(
  { firewall: Name, holds: Type.Boolean({ description: "From now on, or no longer." }) },
  { additionalProperties: false },
);
export type FirewallUse = Static<typeof FirewallUse>;

export const NicPin = Type.Object(
  {
    pin: Type.Union([Type.Literal("on"), Type.Literal("off")], {
      description: "off: it may send from any MAC and address, as routers and nested guests do.",
    }),
  },
  strict,
);
export type NicPin = Static<typeof NicPin>;

/** An address of a guest's, and how it is known. */
export const GuestAddress = Type.Object({
  nic: Type.String(),
  address: Type.String(),
  given: Type.Boolean({ description: "Its network gives it to the guest." }),
  heard: Type.Optional(
    Type.Integer({
      description:
        "Seconds since the guest was heard with it, by ARP or neighbour discovery; none for half an hour: absent.",
    }),
  ),
});
export type GuestAddress = Static<typeof GuestAddress>;

/** What was not let through at a NIC, since it was made or the host started. */
export const NicDrops = Type.Object({
  nic: Type.String(),
  refused: Type.Optional(
    Type.Integer({
      description:
        "Frames that it sent and that were not a guest's to send, or not its own: absent while its pin is lifted.",
    }),
  ),
  denied: Type.Optional(
    Type.Integer({
      description: "Packets, in and out, that no rule of its groups allowed: absent where it has no group.",
    }),
  ),
});
export type NicDrops = Static<typeof NicDrops>;

export const FirewallLogLine = Type.Object({
  at: Timestamp,
  rule: Type.String({ description: "Id of the rule that allowed it." }),
  text: Type.String({ description: "The packet, as the kernel tells it." }),
});
export type FirewallLogLine = Static<typeof FirewallLogLine>;
