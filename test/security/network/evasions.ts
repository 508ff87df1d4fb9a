/** Ways to get a forged frame past who looks at it: tags, pieces, headers, lengths and protocols of bridges. */
import { arp, emptyOptions, ethernet, ipv4, ipv6, piece, tcp, udp, v6Bytes, word } from "./frames.ts";
import type { Sent } from "./attacks.ts";
import { data, datagram4, datagram6, dhcpQuestion, routerAdvert, tagged, to6 } from "./packets.ts";
import { broadcast, type Player } from "./world.ts";

/** A frame of LLC with SNAP, as Cisco's protocols are. */
const snap = (me: Player, to: string, protocol: number, payload: Buffer): Buffer => {
  const body = Buffer.concat([Buffer.from("aaaa0300000c", "hex"), word(protocol), payload]);
  return ethernet({ from: me.mac, to }, body.length, body);
};

const dhcp = (me: Player, question: Buffer, from = "0.0.0.0"): Buffer => {
  const ends = { from, to: "255.255.255.255" };
  const payload = udp(ends, 68, 67, question);
  return ethernet({ from: me.mac, to: broadcast }, 0x0800, ipv4({ ...ends, protocol: 17, payload }));
};

/** An IPv4 address in the IPv6 notation for those. */
const mapped = (address: string): string => {
  const [a = 0, b = 0, c = 0, d = 0] = address.split(".").map(Number);
  return `::ffff:${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
};

export const evasions: readonly Sent[] = [
  {
    name: "another's address behind a priority tag",
    frames: (me, other) => [tagged(datagram4(me.mac, other.address, other), 0x8100, 0)],
  },
  {
    name: "another's address behind a provider's tag and a customer's",
    frames: (me, other) => [tagged(tagged(datagram4(me.mac, other.address, other), 0x8100, 1), 0x88a8, 1)],
  },
  {
    name: "router advertisements behind two tags",
    frames: (me) => [tagged(tagged(to6(me, 58, routerAdvert(me)), 0x8100, 0), 0x8100, 0)],
  },
  {
    name: "a tag of the kind that was before the standard",
    frames: (me, other) => [tagged(datagram4(me.mac, other.address, other), 0x9100, 1)],
  },
  {
    name: "another's address in every piece of a datagram",
    frames: (me, other) => {
      const ends = { from: other.address, to: other.address };
      const whole = udp(ends, 4001, 4001, Buffer.alloc(64, 7));
      const part = (payload: Buffer, fragment: number) =>
        ethernet(
          { from: me.mac, to: other.mac },
          0x0800,
          ipv4({ ...ends, protocol: 17, payload, fragment, id: 9 }),
        );
      return [part(whole.subarray(0, 8), 0x2000), part(whole.subarray(8), 1)];
    },
  },
  {
    name: "pieces of IPv6 of which the second lies over the first one's ports",
    frames: (me, other) => {
      const ends = { from: me.local, to: other.local };
      const part = (payload: Buffer) =>
        ethernet({ from: me.mac, to: other.mac }, 0x86dd, ipv6({ ...ends, next: 44, payload }));
      const allowed = Buffer.concat([emptyOptions(6), tcp(ends, 4000, 80, 2)]);
      return [
        part(piece(60, 0, true, 21, allowed.subarray(0, 24))),
        part(piece(60, 1, false, 21, tcp(ends, 4000, 22, 2))),
      ];
    },
  },
  {
    name: "a first piece of IPv6 that ends before its ports",
    frames: (me, other) => {
      const ends = { from: me.local, to: other.local };
      const part = (payload: Buffer) =>
        ethernet({ from: me.mac, to: other.mac }, 0x86dd, ipv6({ ...ends, next: 44, payload }));
      return [
        part(piece(60, 0, true, 22, emptyOptions(6))),
        part(piece(60, 1, false, 22, tcp(ends, 4000, 22, 2))),
      ];
    },
  },
  {
    name: "one piece in another",
    frames: (me, other) => {
      const ends = { from: me.local, to: other.local };
      const inner = piece(17, 0, true, 24, udp(ends, 4001, 4001, data).subarray(0, 8));
      const payload = piece(44, 0, false, 23, inner);
      return [ethernet({ from: me.mac, to: other.mac }, 0x86dd, ipv6({ ...ends, next: 44, payload }))];
    },
  },
  {
    name: "an IPv6 datagram that is longer than its frame",
    frames: (me, other) => {
      const frame = datagram6(me.mac, me.local, other);
      frame.writeUInt16BE(4000, 18);
      return [frame];
    },
  },
  {
    name: "another's IPv4 address in IPv6",
    frames: (me, other) => [datagram6(me.mac, mapped(other.address), other)],
  },
  {
    name: "its own IPv4 address in IPv6",
    frames: (me, other) => [datagram6(me.mac, mapped(me.address), other)],
  },
  {
    name: "gratuitous ARP for the gateway",
    frames: (me) => [
      arp(
        { from: me.mac, to: broadcast },
        { operation: "reply", mac: me.mac, address: me.gateway, target: me.gateway },
      ),
    ],
  },
  {
    name: "ARP for the gateway with the gateway's own MAC in it",
    frames: (me) => [
      arp(
        { from: me.mac, to: broadcast },
        { operation: "reply", mac: me.gatewayMac, address: me.gateway, target: me.gateway },
      ),
    ],
  },
  {
    name: "ARP probes for the gateway's address",
    frames: (me) => [
      arp(
        { from: me.mac, to: broadcast },
        { operation: "request", mac: me.mac, address: "0.0.0.0", target: me.gateway },
      ),
    ],
  },
  {
    name: "answers of DNS as the gateway",
    frames: (me, other) => [datagram4(me.mac, me.gateway, other, [53, 4001])],
  },
  {
    name: "questions for DHCP with another's MAC in them",
    frames: (me, other) => [dhcp(me, dhcpQuestion(other.mac, 1))],
  },
  {
    name: "declining another's address",
    frames: (me, other) => [dhcp(me, dhcpQuestion(other.mac, 4))],
  },
  {
    name: "giving another's lease back",
    frames: (me, other) => [dhcp(me, dhcpQuestion(other.mac, 7, { client: other.address }), me.address)],
  },
  {
    name: "questions for DHCP as a relay, whose answers go to another",
    frames: (me, other) => [dhcp(me, dhcpQuestion(me.mac, 1, { relay: other.address }))],
  },
  {
    name: "questions for DHCP in pieces, with another's MAC in the second",
    frames: (me, other) => {
      const ends = { from: "0.0.0.0", to: "255.255.255.255" };
      const whole = udp(ends, 68, 67, dhcpQuestion(other.mac, 4));
      const part = (payload: Buffer, fragment: number) =>
        ethernet(
          { from: me.mac, to: broadcast },
          0x0800,
          ipv4({ ...ends, protocol: 17, payload, fragment, id: 31 }),
        );
      return [part(whole.subarray(0, 24), 0x2000), part(whole.subarray(24), 3)];
    },
  },
  {
    name: "a BPDU that makes it the root of the bridges",
    frames: (me) => [
      ethernet(
        { from: me.mac, to: "01:80:c2:00:00:00" },
        38,
        Buffer.concat([Buffer.from("424203000000000000", "hex"), Buffer.alloc(29)]),
      ),
    ],
  },
  {
    name: "a BPDU of Cisco's, to all",
    frames: (me) => [snap(me, "01:00:0c:cc:cc:cd", 0x010b, Buffer.alloc(35))],
  },
  {
    name: "CDP",
    frames: (me) => [snap(me, "01:00:0c:cc:cc:cc", 0x2000, Buffer.from("02b4000000010008", "hex"))],
  },
  {
    name: "DTP, which asks for a trunk of all VLANs",
    frames: (me) => [snap(me, "01:00:0c:cc:cc:cc", 0x2004, Buffer.from("0100010005", "hex"))],
  },
  {
    name: "VTP",
    frames: (me) => [snap(me, "01:00:0c:cc:cc:cc", 0x2003, Buffer.alloc(40))],
  },
  {
    name: "LLDP to every bridge of customers",
    frames: (me) => [
      ethernet({ from: me.mac, to: "01:80:c2:00:00:00" }, 0x88cc, Buffer.from("02070452540000", "hex")),
    ],
  },
  {
    name: "LACP",
    frames: (me) => [
      ethernet({ from: me.mac, to: "01:80:c2:00:00:02" }, 0x8809, Buffer.concat([Buffer.from([1, 1]), data])),
    ],
    never: true,
  },
  {
    name: "frames that stop the other end for a while",
    frames: (me) => [
      ethernet({ from: me.mac, to: "01:80:c2:00:00:01" }, 0x8808, Buffer.from("0001ffff", "hex")),
    ],
    never: true,
  },
  {
    name: "802.1X",
    frames: (me) => [
      ethernet({ from: me.mac, to: "01:80:c2:00:00:03" }, 0x888e, Buffer.from("01010000", "hex")),
    ],
    never: true,
  },
  {
    name: "GVRP, by which bridges learn VLANs",
    frames: (me) => [ethernet({ from: me.mac, to: "01:80:c2:00:00:21" }, 36, Buffer.alloc(36, 0x42))],
  },
  {
    name: "a jumbo frame where the network takes none",
    frames: (me, other) => {
      const ends = { from: me.address, to: other.address };
      const payload = udp(ends, 4001, 4001, Buffer.alloc(8000, 7));
      return [ethernet({ from: me.mac, to: other.mac }, 0x0800, ipv4({ ...ends, protocol: 17, payload }))];
    },
    never: true,
  },
  {
    name: "renumbering of routers",
    frames: (me) => [to6(me, 58, Buffer.concat([Buffer.from("8a000000", "hex"), v6Bytes(me.local)]))],
  },
];
