import type { Publish } from "#contract/schema/guest";
import type { NetworkKey } from "./names.ts";

/** A port of the host that leads to a port of one guest. */
export interface PublishedPort extends Publish {
  /** The guest's address in the network's subnet. */
  readonly guestAddress: string;
}

/**
 * All there is to know to set up one NAT network. IPv4 only: for IPv6 the host would have to forward it,
 * and a host that forwards stops listening to router advertisements on its uplinks, which may cost it its
 * own connection; so that belongs to an issue of its own. Guests still have link-local IPv6 among themselves.
 */
export interface NatPlan extends NetworkKey {
  /** What users call it; for messages only. */
  readonly name: string;
  /** A /24, as pickSubnet chose it. Its first address is the gateway's. */
  readonly subnet: string;
  /** Bytes; what guests are told too. See uplinkMtu. */
  readonly mtu: number;
  /** The domain that guests' names are in, such as "lodge.internal". */
  readonly domain: string;
  /** Where other names are looked up; without it, where the host's resolv.conf says. */
  readonly dnsServers?: readonly string[];
  readonly publishes: readonly PublishedPort[];
  /**
   * Absolute path of a folder that is this network's alone. Every folder above it should let others pass
   * (o+x), or dnsmasq cannot give up root. Nothing in it need outlive a reboot.
   */
  readonly directory: string;
}

/** What is needed to find a network again and remove it. */
export type NetworkPlace = NetworkKey & Pick<NatPlan, "directory">;
