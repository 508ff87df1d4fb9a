/**
 * What a guest may send, whatever its firewall says: frames of its own MAC and addresses, and nothing that only
 * a network's own servers have to say. A port's own chain knows the port; the chains that all share know the
 * protocols. What none of them accepts falls through to the end of the port's chain, where it is counted and dropped.
 *
 *     Ethernet   its own MAC; IPv4, IPv6 and ARP: no VLAN tags, no STP, no LLDP, no 802.3 frames
 *     ARP        as its own MAC and address; probes (from 0.0.0.0, RFC 5227) for its own address
 *     IPv4       from its own addresses; from 0.0.0.0 only to ask for DHCP
 *     IPv6       from its own addresses and the link-local one of its MAC; from :: only to see that its own address
 *                is free (RFC 4862) and to report what it listens to (RFC 3590)
 *     ND         advertisements of its own addresses; never in fragments (RFC 6980)
 *     no one's   DHCP answers, router advertisements and redirects, IGMP and MLD queries, PIM: those would make the bridge or
 *                its neighbours take it for a router
 *     groups     broadcast and multicast: 500 frames a second, and 1000 at once
 *
 * A packet whose headers do not lead to its end (`meta l4proto` can't be told) is dropped: an IPv6 packet's first
 * fragment has to have all headers (RFC 7112). Later fragments pass by their source: their first one was looked at.
 */
import { isV6, linkLocalOf, v6Number } from "./address.ts";
import { noteArp, noteNd } from "./heard.ts";
import type { PortPlan } from "./plan.ts";

const setOf = (values: readonly string[]): string => `{ ${values.join(", ")} }`;

export const refusedCounter = ({ tap }: Pick<PortPlan, "tap">): string => `refused_${tap}`;

/** The chain of one pinned port. */
export function pinRules(port: PortPlan): string[] {
  const { mac, addresses } = port;
  const own = `ether saddr ${mac}`;
  const refuse = `counter name ${refusedCounter(port)} drop`;
  const v4 = addresses?.filter((address) => !isV6(address));
  const v6 = addresses && [linkLocalOf(mac), ...addresses.filter(isV6)];
  const targets = v6 && setOf(v6.map(v6Number));
  const from4 = v4 === undefined ? "" : ` ip saddr ${setOf(v4)}`;
  const sender = v4 === undefined ? "" : ` arp saddr ip ${setOf(v4)}`;
  const probed = v4 === undefined ? "" : ` arp daddr ip ${setOf(v4)}`;
  const from6 = v6 === undefined ? "ip6 saddr != ::" : `ip6 saddr ${setOf(v6)}`;
  const target = targets === undefined ? "" : ` @th,64,128 ${targets}`;
  const may4 = v4 === undefined || v4.length > 0;
  return [
    // With a tag the kernel calls the protocol by what is below the tag, and `ether type` alone tells.
    `ether type { 8021q, 8021ad } ${refuse}`,
    ...(may4
      ? [
          `${own} arp saddr ether ${mac}${sender} jump say_arp`,
          `${own} arp saddr ether ${mac} arp saddr ip 0.0.0.0${probed} jump say_arp`,
          `${own}${from4 === "" ? " ip saddr != 0.0.0.0" : from4} jump say_ip`,
        ]
      : []),
    `${own} ip saddr 0.0.0.0 ip daddr 255.255.255.255 udp sport 68 udp dport 67 jump bounded`,
    `${own} ${from6} icmpv6 type 136${target} exthdr frag missing ${noteNd} jump bounded`,
    `${own} ${from6} jump say_ip6`,
    `${own} ip6 saddr :: icmpv6 type 135${target} exthdr frag missing jump bounded`,
    `${own} ip6 saddr :: icmpv6 type { 131, 133, 143 } exthdr frag missing jump bounded`,
    refuse,
  ];
}

/** Chains that every pinned port's leads to. */
export const sharedPins: Readonly<Record<string, readonly string[]>> = {
  // Of a NIC whose pin was lifted.
  lifted: [
    `ether type arp arp htype 1 arp ptype ip arp hlen 6 arp plen 4 arp saddr ip != 0.0.0.0 ${noteArp}`,
    `icmpv6 type { 135, 136 } ip6 saddr != :: ${noteNd}`,
    "accept",
  ],
  bounded: [
    "ether daddr & 01:00:00:00:00:00 == 00:00:00:00:00:00 accept",
    "update @groupcasts { iifname limit rate over 500/second burst 1000 packets } return",
    "accept",
  ],
  say_arp: [
    `arp htype 1 arp ptype ip arp hlen 6 arp plen 4 arp saddr ip != 0.0.0.0 ${noteArp}`,
    "arp htype 1 arp ptype ip arp hlen 6 arp plen 4 arp operation { request, reply } jump bounded",
  ],
  say_udp: ["udp sport { 67, 547 } return", "udp dport { 68, 546 } return", "udp length >= 8 jump bounded"],
  say_ip: [
    "ip frag-off & 0x1fff != 0 meta l4proto != 255 jump bounded",
    "meta l4proto udp jump say_udp",
    "meta l4proto { udp, 103 } return",
    // Reports of membership; queries (0x11) and router discovery (0x30 and on, RFC 4286) are a router's.
    "meta l4proto igmp @th,0,8 { 0x12, 0x16, 0x17, 0x22 } jump bounded",
    "meta l4proto igmp return",
    "meta l4proto icmp icmp type { 5, 9 } return",
    "meta l4proto icmp icmp type != 255 jump bounded",
    "meta l4proto != { icmp, 255 } jump bounded",
  ],
  say_ip6: [
    "frag frag-off != 0 meta l4proto != 255 jump bounded",
    "meta l4proto udp jump say_udp",
    "meta l4proto { udp, 103 } return",
    // Solicitations of neighbours and routers.
    `icmpv6 type { 133, 135 } exthdr frag missing ${noteNd} jump bounded`,
    // MLD queries, all else of ND, renumbering, inverse ND, home agents and mobile prefixes, certificates of routers, MRD.
    "icmpv6 type { 130, 133-138, 141-142, 144-149, 151-153 } return",
    "meta l4proto ipv6-icmp icmpv6 type != 255 jump bounded",
    "meta l4proto != { ipv6-icmp, 255 } jump bounded",
  ],
};
