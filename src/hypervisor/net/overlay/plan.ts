/** What the overlay of this host is told: the hosts that share networks, and who is behind which of them. */
import { createHash } from "node:crypto";
import type { NetworkKey } from "../names.ts";

/** A host of the cluster. */
export interface OverlayHost {
  readonly id: string;
  /** Where its frames go to and come from: on the underlay, or in the encrypted tunnel where there is one. */
  readonly address: string;
}

/** A guest's card on another host. */
export interface RemoteCard {
  readonly mac: string;
  /** IPv4 and IPv6, its link-local one among them. */
  readonly addresses: readonly string[];
  /** The host's id. */
  readonly host: string;
}

/** A network that spans hosts. Its bridge is there already. */
export interface OverlayNetwork extends NetworkKey {
  /** The bridges' MAC, the same on each host. */
  readonly gatewayMac: string;
  /** Of the devices; see deviceMtu. */
  readonly mtu: number;
  /** Its guests do not see each other. */
  readonly apart: boolean;
  readonly cards: readonly RemoteCard[];
}

export interface OverlayPlan {
  readonly tag: string;
  readonly self: OverlayHost;
  /** The other hosts. */
  readonly others: readonly OverlayHost[];
  readonly networks: readonly OverlayNetwork[];
  /** The device that encrypts what hosts say to each other, where there is one: nothing is taken from elsewhere. */
  readonly through?: string;
}

/** RFC 7348, 4: the port that the IANA gave VXLAN. */
export const vxlanPort = 4789;

/**
 * A network's number on the wire. The number of a network is its own in the whole cluster, so this is too; it begins
 * where people do not count.
 */
export const vniOf = ({ index }: Pick<NetworkKey, "index">): number => 0x4c_00_00 + index;

const hash = (host: string): Buffer => createHash("sha256").update(`overlay ${host}`).digest();

/** The MAC that a host has on the wire, in every network: its bridges' are all the same, and stay at home. */
export const hostMac = (host: string): string =>
  ["06", ...[...hash(host).subarray(0, 5)].map((byte) => byte.toString(16).padStart(2, "0"))].join(":");

/** A host in names of nftables'. */
export const hostName = (host: string): string => hash(host).toString("hex").slice(0, 10);

/** Bytes that VXLAN puts around a guest's packet: the guest's Ethernet header, its own, UDP's and IP's. */
export const overhead = (address: string): number => 14 + 8 + 8 + (address.includes(":") ? 40 : 20);
