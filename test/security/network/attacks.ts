/** What a guest may try with frames, by name: each with the frames that shall not all arrive. */
import {
  arp,
  emptyOptions,
  ethernet,
  icmp,
  icmp6,
  ipv4,
  ndMac,
  piece,
  udp,
  v4Bytes,
  v6Bytes,
  word,
} from "./frames.ts";
import {
  data,
  stranger,
  allNodes,
  flags,
  datagram4,
  datagram6,
  message6,
  advertisement,
  gatewayLocal,
  routerAdvert,
  to6,
  dhcpAnswer,
  dhcp4,
  tagged,
} from "./packets.ts";
import { broadcast, type Player } from "./world.ts";

export interface Sent {
  readonly name: string;
  readonly frames: (me: Player, other: Player) => readonly Buffer[];
  /** The bridge itself does not hand it on, whoever sends it. */
  readonly never?: true;
}

export const attacks: readonly Sent[] = [
  { name: "another's MAC", frames: (me, other) => [datagram4(other.mac, me.address, other)] },
  { name: "a MAC of nobody's", frames: (me, other) => [datagram4(stranger, me.address, other)] },
  { name: "the gateway's MAC", frames: (me, other) => [datagram4(me.gatewayMac, me.address, other)] },
  { name: "another's IPv4 address", frames: (me, other) => [datagram4(me.mac, other.address, other)] },
  { name: "the gateway's IPv4 address", frames: (me, other) => [datagram4(me.mac, me.gateway, other)] },
  { name: "an IPv4 address of elsewhere", frames: (me, other) => [datagram4(me.mac, "8.8.8.8", other)] },
  { name: "no IPv4 address, and no DHCP", frames: (me, other) => [datagram4(me.mac, "0.0.0.0", other)] },
  { name: "another's IPv6 address", frames: (me, other) => [datagram6(me.mac, other.local, other)] },
  { name: "an IPv6 address of elsewhere", frames: (me, other) => [datagram6(me.mac, "2001:db8::1", other)] },
  { name: "no IPv6 address", frames: (me, other) => [datagram6(me.mac, "::", other)] },
  {
    name: "ARP answers for another",
    frames: (me, other) => [
      arp(
        { from: me.mac, to: other.mac },
        { operation: "reply", mac: me.mac, address: other.address, target: me.address },
      ),
    ],
  },
  {
    name: "ARP answers for the gateway",
    frames: (me, other) => [
      arp(
        { from: me.mac, to: other.mac },
        { operation: "reply", mac: me.mac, address: me.gateway, target: other.address },
      ),
    ],
  },
  {
    name: "ARP questions as the gateway",
    frames: (me, other) => [
      arp(
        { from: me.mac, to: broadcast },
        { operation: "request", mac: me.mac, address: me.gateway, target: other.address },
      ),
    ],
  },
  {
    name: "ARP that says another's MAC is at its address",
    frames: (me, other) => [
      arp(
        { from: me.mac, to: broadcast },
        { operation: "reply", mac: other.mac, address: me.address, target: me.address },
      ),
    ],
  },
  {
    name: "gratuitous ARP for another's address",
    frames: (me, other) => [
      arp(
        { from: me.mac, to: broadcast },
        { operation: "request", mac: me.mac, address: other.address, target: other.address },
      ),
    ],
  },
  {
    name: "ARP probes for another's address, which would keep it from taking it",
    frames: (me, other) => [
      arp(
        { from: me.mac, to: broadcast },
        { operation: "request", mac: me.mac, address: "0.0.0.0", target: other.address },
      ),
    ],
  },
  {
    name: "neighbour advertisements of another's address",
    frames: (me, other) => [advertisement(me, me.local, other.local)],
  },
  {
    name: "neighbour advertisements of a router's address",
    frames: (me) => [advertisement(me, me.local, gatewayLocal)],
  },
  {
    name: "neighbour advertisements as another",
    frames: (me, other) => [advertisement(me, other.local, other.local)],
  },
  {
    name: "neighbour solicitations as another",
    frames: (me, other) => [
      message6(me, other.local, 135, Buffer.concat([flags(0), v6Bytes(gatewayLocal), ndMac(1, me.mac)])),
    ],
  },
  {
    name: "looking whether another's IPv6 address is free, which would keep it from taking it",
    frames: (me, other) => [message6(me, "::", 135, Buffer.concat([flags(0), v6Bytes(other.local)]))],
  },
  { name: "router advertisements", frames: (me) => [to6(me, 58, routerAdvert(me))] },
  {
    name: "router advertisements behind an extension header",
    frames: (me) => [to6(me, 60, Buffer.concat([emptyOptions(58), routerAdvert(me)]))],
  },
  {
    name: "router advertisements behind ten extension headers",
    frames: (me) => [
      to6(
        me,
        60,
        Buffer.concat([
          ...Array.from({ length: 9 }, () => emptyOptions(60)),
          emptyOptions(58),
          routerAdvert(me),
        ]),
      ),
    ],
  },
  {
    name: "router advertisements in one fragment",
    frames: (me) => [to6(me, 44, piece(58, 0, false, 7, routerAdvert(me)))],
  },
  {
    name: "router advertisements whose type is in a second fragment",
    frames: (me) => [
      to6(me, 44, piece(60, 0, true, 8, emptyOptions(58))),
      to6(me, 44, piece(60, 1, false, 8, routerAdvert(me))),
    ],
  },
  {
    name: "neighbour advertisements in fragments",
    frames: (me) => {
      const body = Buffer.concat([flags(0x20), v6Bytes(me.local), ndMac(2, me.mac)]);
      return [
        to6(me, 44, piece(58, 0, false, 9, icmp6({ from: me.local, to: allNodes.address }, 136, body))),
      ];
    },
  },
  {
    name: "redirects of IPv6",
    frames: (me, other) => [
      message6(me, me.local, 137, Buffer.concat([flags(0), v6Bytes(me.local), v6Bytes(other.local)])),
    ],
  },
  {
    name: "redirects of IPv4",
    frames: (me, other) => [
      ethernet(
        { from: me.mac, to: other.mac },
        0x0800,
        ipv4({
          from: me.address,
          to: other.address,
          protocol: 1,
          payload: icmp(5, 1, Buffer.concat([v4Bytes(me.address), Buffer.alloc(28)])),
        }),
      ),
    ],
  },
  { name: "DHCP answers", frames: (me, other) => [dhcp4(me, other.mac, other.address)] },
  { name: "DHCP answers to all", frames: (me) => [dhcp4(me, broadcast, "255.255.255.255")] },
  {
    name: "DHCP answers behind options of IPv4",
    frames: (me, other) => {
      const ends = { from: me.address, to: other.address };
      const payload = udp(ends, 67, 68, dhcpAnswer);
      const options = Buffer.from("01010101", "hex");
      return [
        ethernet({ from: me.mac, to: other.mac }, 0x0800, ipv4({ ...ends, protocol: 17, payload, options })),
      ];
    },
  },
  {
    name: "DHCP answers in two fragments",
    frames: (me, other) => {
      const ends = { from: me.address, to: other.address };
      const whole = udp(ends, 67, 68, dhcpAnswer);
      return [
        ethernet(
          { from: me.mac, to: other.mac },
          0x0800,
          ipv4({ ...ends, protocol: 17, payload: whole.subarray(0, 8), fragment: 0x2000, id: 5 }),
        ),
      ];
    },
  },
  { name: "DHCP answers of IPv6", frames: (me, other) => [datagram6(me.mac, me.local, other, [547, 546])] },
  {
    name: "DHCP answers of IPv6 from another port",
    frames: (me, other) => [datagram6(me.mac, me.local, other, [4000, 546])],
  },
  {
    name: "DHCP questions as the host's own client hears them",
    frames: (me, other) => [datagram4(me.mac, me.address, other, [4000, 68])],
  },
  {
    name: "queries of IGMP, which make it the bridge's router",
    frames: (me) => [
      ethernet(
        { from: me.mac, to: "01:00:5e:00:00:01" },
        0x0800,
        ipv4({
          from: me.address,
          to: "224.0.0.1",
          protocol: 2,
          payload: Buffer.from("1164ee9b00000000", "hex"),
          ttl: 1,
        }),
      ),
    ],
  },
  {
    name: "queries of MLD",
    frames: (me) => [
      message6(me, me.local, 130, Buffer.concat([Buffer.from("27100000", "hex"), Buffer.alloc(16)])),
    ],
  },
  {
    name: "PIM",
    frames: (me) => [
      ethernet(
        { from: me.mac, to: "01:00:5e:00:00:0d" },
        0x0800,
        ipv4({ from: me.address, to: "224.0.0.13", protocol: 103, payload: Buffer.from("2000dfff", "hex") }),
      ),
    ],
  },
  { name: "a VLAN tag", frames: (me, other) => [tagged(datagram4(me.mac, me.address, other), 0x8100, 5)] },
  {
    name: "two VLAN tags",
    frames: (me, other) => [tagged(tagged(datagram4(me.mac, me.address, other), 0x8100, 5), 0x8100, 1)],
  },
  {
    name: "a provider's VLAN tag",
    frames: (me, other) => [tagged(datagram4(me.mac, me.address, other), 0x88a8, 5)],
  },
  {
    name: "a priority tag of VLAN 0",
    frames: (me, other) => [tagged(datagram4(me.mac, me.address, other), 0x8100, 0xe000)],
  },
  {
    name: "BPDUs of STP",
    frames: (me) => [
      ethernet(
        { from: me.mac, to: "01:80:c2:00:00:00" },
        38,
        Buffer.from("4242030000000000".padEnd(76, "0"), "hex"),
      ),
    ],
  },
  {
    name: "LLDP",
    frames: (me) => [
      ethernet(
        { from: me.mac, to: "01:80:c2:00:00:0e" },
        0x88cc,
        Buffer.from("0207045254000000010000", "hex"),
      ),
    ],
    never: true,
  },
  {
    name: "a protocol of its own",
    frames: (me, other) => [ethernet({ from: me.mac, to: other.mac }, 0x88b5, data)],
  },
  {
    name: "PPPoE",
    frames: (me, other) => [
      ethernet({ from: me.mac, to: other.mac }, 0x8863, Buffer.from("1109000000000000", "hex")),
    ],
  },
  {
    name: "MPLS",
    frames: (me, other) => [
      ethernet(
        { from: me.mac, to: other.mac },
        0x8847,
        Buffer.concat([Buffer.from("00001140", "hex"), data]),
      ),
    ],
  },
  {
    name: "an 802.3 frame",
    frames: (me, other) => [ethernet({ from: me.mac, to: other.mac }, 46, Buffer.alloc(46, 0xaa))],
  },
  {
    name: "an IPv4 packet that is longer than its frame",
    frames: (me, other) => {
      const ends = { from: me.address, to: other.address };
      const packet = ipv4({ ...ends, protocol: 17, payload: udp(ends, 4001, 4001, data) });
      packet.writeUInt16BE(4000, 2);
      return [ethernet({ from: me.mac, to: other.mac }, 0x0800, packet)];
    },
  },
  {
    name: "an IPv4 header without its end",
    frames: (me, other) => {
      const header = ipv4({ from: me.address, to: other.address, protocol: 17, payload: Buffer.alloc(0) });
      header[0] = 0x4f;
      return [ethernet({ from: me.mac, to: other.mac }, 0x0800, header)];
    },
  },
  {
    name: "an IPv6 packet whose headers have no end",
    frames: (me) => [to6(me, 60, Buffer.from([60, 255, 1, 4, 0, 0, 0, 0]))],
  },
  {
    name: "ARP of another kind of address",
    frames: (me, other) => {
      const frame = arp(
        { from: me.mac, to: other.mac },
        { operation: "request", mac: me.mac, address: me.address, target: other.address },
      );
      word(6).copy(frame, 14);
      return [frame];
    },
  },
  {
    name: "reverse ARP",
    frames: (me, other) => [
      ethernet(
        { from: me.mac, to: other.mac },
        0x8035,
        Buffer.from("0001080006040003".padEnd(56, "0"), "hex"),
      ),
    ],
  },
];
