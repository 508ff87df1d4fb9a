/**
 * What a guest may send, whatever its firewall says: frames of its own MAC and addresses, and nothing that only
 * a network's own servers have to say. A port's own chain knows the port; the chains that all share know the
 * protocols. What none of them accepts falls through to the end of the port's chain, where it is counted and dropped.
 *
 *     Ethernet   its own MAC; IPv4, IPv6 and ARP: no VLAN tags, no STP, no LLDP, no 802.3 frames
 *     ARP        as its own MAC and address; probes (from 0.0.0.0, RFC 5227) for its own address
 *     IPv4       from its own addresses; from 0.0.0.0 only to ask for DHCP
 *     DHCP       whole, as its own MAC, and as nobody's relay: else it could decline a neighbour's address
 *     IPv6       from its own addresses and the link-local one of its MAC; from :: only to see that its own address
 *                is free (RFC 4862) and to report what it listens to (RFC 3590)
 *                from a link-local one that it chose itself (RFC 7217) and was the first to take: see locals.ts
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
import { localSet, mayChoose, sourceOf6, targetOf6 } from "./locals.ts";
import { refusedCounter } from "./names.ts";
import type { PortPlan } from "./plan.ts";

const setOf = (values: readonly string[]): string => `{ ${values.join(", ")} }`;

/** A question for DHCP whose fields for the relay and for the client's MAC (RFC 2131) say this. */
const asksAs = (mac: string): string =>
  `udp dport 67 ip frag-off & 0x3fff == 0 @th,256,80 0x00000000${mac.replaceAll(":", "")}`;

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
  const mine = `@${localSet(port)}`;
  const alone = "exthdr frag missing";
  const advertises = "icmpv6 type 136";
  const asks = `${own} ip6 saddr :: icmpv6 type 135`;
  const fromChosen = `${own} ether type ip6 ${sourceOf6} ${mine}`;
  // From an address that it took, and of one.
  const chosen =
    v6 && mayChoose(port)
      ? [
          `${own} ip6 saddr fe80::/10 ip6 saddr != ${setOf(v6)} jump takes_${port.tap}`,
          `${asks} @th,64,10 0x3fa ${targetOf6} != ${targets} ${alone} jump asks_${port.tap}`,
          `${fromChosen} ${advertises}${target} ${alone} ${noteNd} jump bounded`,
          `${fromChosen} ${advertises} ${targetOf6} ${mine} ${alone} ${noteNd} jump bounded`,
          `${own} ${from6} ${advertises} ${targetOf6} ${mine} ${alone} ${noteNd} jump bounded`,
          `${fromChosen} jump say_ip6`,
          `${asks} ${targetOf6} ${mine} ${alone} jump bounded`,
        ]
      : [];
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
    `${own} ip saddr 0.0.0.0 ip daddr 255.255.255.255 udp sport 68 ${asksAs(mac)} jump bounded`,
    ...(may4 ? [`${own}${from4 === "" ? " ip saddr != 0.0.0.0" : from4} ${asksAs(mac)} jump bounded`] : []),
    `${own} ${from6} icmpv6 type 136${target} exthdr frag missing ${noteNd} jump bounded`,
    `${own} ${from6} jump say_ip6`,
    `${own} ip6 saddr :: icmpv6 type 135${target} exthdr frag missing jump bounded`,
    `${own} ip6 saddr :: icmpv6 type { 131, 133, 143 } exthdr frag missing jump bounded`,
    ...chosen,
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
  say_udp: [
    "udp sport { 67, 547 } return",
    "udp dport { 67, 68, 546 } return",
    "udp length >= 8 jump bounded",
  ],
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
    // Behind other headers, a second piece could lie over the ports of the first; nobody sends such.
    "frag nexthdr { 0, 43, 44, 51, 60, 135, 139, 140 } return",
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
