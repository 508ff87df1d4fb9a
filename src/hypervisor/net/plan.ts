import type { Publish } from "#contract/schema/guest";
import type { NetworkKey } from "./names.ts";

/** A port of the host that leads to a port of one guest. */
export interface PublishedPort extends Publish {
  /** The guest's address in the network's subnet. */
  readonly guestAddress: string;
  /** The same in IPv6, where the network has it. */
  readonly guestAddress6?: string;
}

/** What of the host leads out of a network of kind bridge. */
export interface Uplink {
  /** A network card or a bridge of the host's. */
  readonly device: string;
  /** Frames go out and come in with this VLAN tag, by a device of Lodge's over `device`. */
  readonly vlan?: number;
  /** `device` is a bridge that somebody else made: without a tag it is the network's own. */
  readonly isBridge?: boolean;
}

/** A way that guests are told of: to a subnet, by an address in the network. */
export interface StaticRoute {
  readonly to: string;
  readonly via: string;
}

/**
 * All there is to know to set up one network on the host.
 *
 *   kind        leads to                                             subnet       answers DHCP and DNS
 *   nat         everywhere, in the host's name (NAT66 for IPv6)      always       yes
 *   isolated    nowhere                                              always       yes, for what is in it
 *   routed      everywhere, in the guests' own name                  always       yes
 *   bridge      what the uplink leads to                             if wanted    where it has a subnet
 */
export interface NetworkPlan extends NetworkKey {
  /** What users call it; for messages only. */
  readonly name: string;
  readonly kind: "nat" | "isolated" | "routed" | "bridge";
  /** The bridge's own MAC, which guests send through; by default one that its name gives. */
  readonly mac?: string;
  /** IPv4. Its first address is the host's. */
  readonly subnet?: string;
  /** A /64 as subnet6.ts writes them; its address 1 is the host's. Only where the host has IPv6. */
  readonly subnet6?: string;
  /** Does the host lead the guests' IPv6 on? */
  readonly forwards6?: boolean;
  readonly uplink?: Uplink;
  /** Bytes; what guests are told too. See uplinkMtu. */
  readonly mtu: number;
  /** The domain that guests' names are in, such as "lodge.internal". */
  readonly domain: string;
  /** Where other names are looked up; without it, where the host's resolv.conf says. */
  readonly dnsServers?: readonly string[];
  /** Whom guests of a bridge send through; the other kinds' guests through the host. */
  readonly gateway?: string;
  readonly routes?: readonly StaticRoute[];
  readonly publishes: readonly PublishedPort[];
  /**
   * Absolute path of a folder that is this network's alone. Every folder above it should let others pass
   * (o+x), or dnsmasq cannot give up root. Nothing in it need outlive a reboot.
   */
  readonly directory: string;
}

/** What is needed to find a network again and remove it. */
export type NetworkPlace = NetworkKey & Pick<NetworkPlan, "directory" | "uplink">;

/** The part of a network of kind bridge whose cards have a VLAN tag of their own: a bridge and a tagging device more. */
export function taggedPart(plan: NetworkPlan, vlan: number): NetworkPlan {
  const { subnet: _, subnet6: _six, forwards6: _forwards, ...rest } = plan;
  const { device, isBridge = false } = plan.uplink!;
  return {
    ...rest,
    tagged: vlan,
    uplink: { device, vlan, isBridge },
    publishes: [],
    directory: `${plan.directory}.${vlan}`,
  };
}

/** Whose bridge guests' taps are put into is the host's own, and is left as it is. */
export const isForeign = ({ uplink }: Pick<NetworkPlan, "uplink">): boolean =>
  uplink?.isBridge === true && uplink.vlan === undefined;

/**
 * What the devices of a network let through: as long a frame as guests send each other, who need not know that the way out
 * takes less. On that way the host says so (ICMP), and TCP is told beforehand (rules.ts).
 */
export const deviceMtu = (mtu: number): number => Math.max(1500, mtu);
