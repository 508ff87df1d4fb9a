/**
 * The tunnel of a network: a VXLAN device (RFC 7348) that is one more port of its bridge.
 *
 * Nobody's frames are flooded into it, nothing is learned from it, and the bridge answers what guests ask for each other
 * (ARP, ND) in its stead: it knows from entries.ts who is behind it. Its own MAC is the host's on the wire, so what other
 * hosts send to that comes to this host's own network.
 */
import { written } from "../guard/address.ts";
import type { Link } from "../ip.ts";
import { bridgeName, tunnelName } from "../names.ts";
import { hostMac, vniOf, vxlanPort, type OverlayHost, type OverlayNetwork } from "./plan.ts";

type Found = Link | undefined;

const quiet = "learning off flood off mcast_flood off bcast_flood off neigh_suppress on";

/** Is the device there what this network needs? What of it can't be changed would have to be made anew. Pure. */
const fits = (network: OverlayNetwork, self: OverlayHost, found: NonNullable<Found>): boolean => {
  const data = found.linkinfo?.info_data;
  return (
    found.linkinfo?.info_kind === "vxlan" &&
    data?.id === vniOf(network) &&
    (data.local ?? data.local6) === written(self.address) &&
    data.port === vxlanPort
  );
};

/** What `ip -batch` must be told to make the tunnel what it should be; nothing when it is. Pure. */
export function tunnelChanges(network: OverlayNetwork, self: OverlayHost, found: Found): string[] {
  const tunnel = tunnelName(network);
  const bridge = bridgeName(network);
  const commands: string[] = [];
  const stays = found !== undefined && fits(network, self, found);
  if (found && !stays) commands.push(`link del dev ${tunnel}`);
  const old = stays ? found : undefined;
  if (!old)
    commands.push(
      `link add name ${tunnel} type vxlan id ${vniOf(network)} local ${self.address} dstport ${vxlanPort} nolearning`,
    );
  const mac = hostMac(self.id);
  const settings = [
    ...(old?.address === mac ? [] : [`address ${mac}`]),
    // As long as guests' own frames: where the way takes less, this device says so to who sent one (ICMP), or
    // the host sends it in pieces.
    ...(old?.mtu === network.mtu ? [] : [`mtu ${network.mtu}`]),
    ...(old?.inet6_addr_gen_mode === "none" ? [] : ["addrgenmode none"]),
  ];
  if (settings.length > 0) commands.push(`link set dev ${tunnel} ${settings.join(" ")}`);
  if (old?.master !== bridge) commands.push(`link set dev ${tunnel} master ${bridge}`);
  commands.push(`link set dev ${tunnel} type bridge_slave ${quiet}`);
  if (!old?.flags.includes("UP")) commands.push(`link set dev ${tunnel} up`);
  return commands;
}
