/** Networks, and a guest's place in them. */
import { Type, type Static } from "./type.ts";
import { Name, Timestamp } from "./fields.ts";

const strict = { additionalProperties: false } as const;

/** What a network leads to. */
export const NetworkKind = Type.Union(
  [
    Type.Literal("nat"),
    Type.Literal("isolated"),
    Type.Literal("routed"),
    Type.Literal("bridge"),
    Type.Literal("user"),
  ],
  {
    description:
      "nat: everywhere, in the host's name; isolated: nowhere; routed: everywhere, by addresses that others have a route to; bridge: to what is at a network card of the host's; user: everywhere, each guest by itself, without privilege on the host.",
  },
);
export type NetworkKind = Static<typeof NetworkKind>;

const Subnet = Type.String({
  pattern: "^[0-9]{1,3}(\\.[0-9]{1,3}){3}/[0-9]{1,2}$",
  examples: ["10.77.3.0/24"],
});
const Subnet6 = Type.String({ pattern: "^[0-9a-fA-F:]+/64$", examples: ["fd12:3456:789a:1::/64"] });
const Address4 = Type.String({ pattern: "^[0-9]{1,3}(\\.[0-9]{1,3}){3}$", examples: ["10.77.3.12"] });
const Mac = Type.String({ pattern: "^([0-9a-f]{2}:){5}[0-9a-f]{2}$", examples: ["52:54:00:4a:1b:7c"] });
const Vlan = Type.Integer({ minimum: 1, maximum: 4094, description: "Tag of the VLAN.", examples: [30] });
const Mtu = Type.Integer({ minimum: 1280, maximum: 9216, description: "Bytes.", examples: [1500] });
const Device = Type.String({
  pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,14}$",
  description: "A network card or a bridge of the host's.",
  examples: ["eth1"],
});
const Domain = Type.String({
  pattern: "^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$",
  maxLength: 200,
  description: "The domain that guests' names are in.",
  examples: ["lodge.internal"],
});
const Server = Type.String({
  pattern: "^[0-9a-fA-F.:]+$",
  description: "Address of a DNS server.",
  examples: ["192.0.2.53"],
});
const Servers = Type.Array(Server, { maxItems: 8 });

export const NetworkRoute = Type.Object({ to: Subnet, via: Address4 }, strict);
export type NetworkRoute = Static<typeof NetworkRoute>;
const NetworkRoutes = Type.Array(NetworkRoute, {
  maxItems: 32,
  description: "Ways that guests are told of by DHCP, besides the usual one.",
});

const IsolateGuests = Type.Boolean({
  description:
    "Its guests do not see each other: each reaches the host, and what the host leads to (default false).",
});

/** What lies between the hosts of a cluster. */
const UnderlayKind = Type.Union([Type.Literal("none"), Type.Literal("trusted"), Type.Literal("wireguard")], {
  description:
    "none: nobody said; networks are each host's own. trusted: whoever can send there may be trusted with all guests' traffic. wireguard: what hosts say to each other is encrypted.",
});
export const UnderlaySet = Type.Object({ kind: UnderlayKind }, strict);

const UnderlayHost = Type.Object({
  name: Type.String({ description: "The host's name." }),
  address: Type.Optional(Type.String({ description: "Where others send to it; none: it has not said." })),
  mtu: Type.Optional(Type.Integer({ description: "Bytes, of the device that has the address." })),
  wireguard: Type.Boolean({ description: "Has it WireGuard?" }),
});

export const Underlay = Type.Object({
  kind: UnderlayKind,
  mtu: Type.Optional(
    Type.Integer({
      description: "Bytes of a guest's packet that fit between the hosts, where networks span them.",
    }),
  ),
  hosts: Type.Array(UnderlayHost, { description: "Those of the cluster; none where the host stands alone." }),
});
export type Underlay = Static<typeof Underlay>;

const NetworkHost = Type.Object({
  name: Type.String({ description: "The host's name." }),
  problem: Type.Optional(Type.String({ description: "Why the network is not on it, where it is not." })),
});

export const Network = Type.Object({
  id: Type.String(),
  name: Name,
  project: Type.Optional(Type.String({ description: "None: every project's." })),
  kind: NetworkKind,
  description: Type.Optional(Type.String()),
  subnet: Type.Optional(Subnet),
  subnet6: Type.Optional(Subnet6),
  gateway: Type.Optional(Type.String({ description: "Whom guests send through." })),
  gateway6: Type.Optional(Type.String()),
  bridge: Type.Optional(Type.String({ description: "The device of the host's that guests are joined to." })),
  uplink: Type.Optional(Device),
  vlan: Type.Optional(Vlan),
  dhcp: Type.Optional(Type.Boolean({ description: "Does Lodge answer DHCP and DNS in it?" })),
  mtu: Type.Optional(Mtu),
  domain: Type.Optional(Domain),
  dns: Type.Optional(Servers),
  routes: Type.Optional(NetworkRoutes),
  isolateGuests: Type.Optional(IsolateGuests),
  guests: Type.Integer({ description: "How many run in it." }),
  problem: Type.Optional(Type.String({ description: "Why it is not on the host, where it is not." })),
  hosts: Type.Optional(
    Type.Array(NetworkHost, {
      description: "Hosts of the cluster that it spans; absent where it is each host's own.",
    }),
  ),
  vni: Type.Optional(Type.Integer({ description: "Its number of VXLAN's between them." })),
  createdAt: Type.Optional(Timestamp),
});
export type Network = Static<typeof Network>;

export const NetworkCreate = Type.Object(
  {
    name: Name,
    kind: Type.Optional(NetworkKind),
    description: Type.Optional(Type.String({ maxLength: 4096 })),
    subnet: Type.Optional(Subnet),
    subnet6: Type.Optional(Subnet6),
    ipv6: Type.Optional(Type.Boolean({ default: true })),
    uplink: Type.Optional(Device),
    vlan: Type.Optional(Vlan),
    gateway: Type.Optional(Address4),
    dhcp: Type.Optional(
      Type.Boolean({
        description: "Of kind bridge: whether Lodge answers DHCP and DNS (default: where it has a subnet).",
      }),
    ),
    mtu: Type.Optional(Mtu),
    domain: Type.Optional(Domain),
    dns: Type.Optional(Servers),
    routes: Type.Optional(NetworkRoutes),
    isolateGuests: Type.Optional(IsolateGuests),
  },
  strict,
);
export type NetworkCreate = Static<typeof NetworkCreate>;

export const NetworkUpdate = Type.Object(
  {
    description: Type.Optional(Type.String({ maxLength: 4096 })),
    mtu: Type.Optional(Mtu),
    domain: Type.Optional(Domain),
    dns: Type.Optional(Type.Array(Server, { maxItems: 8, description: "[]: those of the host." })),
    routes: Type.Optional(NetworkRoutes),
    isolateGuests: Type.Optional(IsolateGuests),
  },
  strict,
);
export type NetworkUpdate = Static<typeof NetworkUpdate>;

export const Nic = Type.Object({
  id: Type.String({ description: "Stable within the guest: nic0, nic1, …" }),
  network: Type.String(),
  mac: Mac,
  address: Type.Optional(Type.String({ description: "IPv4 address that its network gives it." })),
  address6: Type.Optional(Type.String({ description: "IPv6 address that its network gives it." })),
  mtu: Type.Optional(Mtu),
  vlan: Type.Optional(Vlan),
  pin: Type.Optional(
    Type.Literal("off", {
      description: "It may send from any MAC and address. Absent: from its own alone.",
    }),
  ),
});
export type Nic = Static<typeof Nic>;

/** A network card that a guest is to have. */
export const NicAdd = Type.Object(
  {
    network: Name,
    address: Type.Optional(Address4),
    mac: Type.Optional(Mac),
    mtu: Type.Optional(Mtu),
    vlan: Type.Optional(Vlan),
  },
  strict,
);
export type NicAdd = Static<typeof NicAdd>;

/** The most network cards that a guest can have. */
export const mostNics = 8;
