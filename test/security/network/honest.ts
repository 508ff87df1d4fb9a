/** What a guest sends all day, by name. */
import { arp, ethernet, ipv4, ipv6, ndMac, piece, syn, udp, v6Bytes } from "./frames.ts";
import {
  chosenLocal,
  data,
  dhcpQuestion,
  flags,
  icmp6Echo,
  datagram4,
  datagram6,
  message6,
  advertisement,
} from "./packets.ts";
import { broadcast } from "./world.ts";
import type { Sent } from "./attacks.ts";

/** What a guest does all day: each arrives. */
export const honest: readonly Sent[] = [
  { name: "a datagram of IPv4", frames: (me, other) => [datagram4(me.mac, me.address, other)] },
  { name: "a datagram of IPv6", frames: (me, other) => [datagram6(me.mac, me.local, other)] },
  {
    name: "a connection's first segment",
    frames: (me, other) => {
      const ends = { from: me.address, to: other.address };
      return [
        ethernet(
          { from: me.mac, to: other.mac },
          0x0800,
          ipv4({ ...ends, protocol: 6, payload: syn(ends, 4000, 22) }),
        ),
      ];
    },
  },
  {
    name: "ARP questions and answers of its own",
    frames: (me, other) => [
      arp(
        { from: me.mac, to: broadcast },
        { operation: "request", mac: me.mac, address: me.address, target: other.address },
      ),
      arp(
        { from: me.mac, to: other.mac },
        { operation: "reply", mac: me.mac, address: me.address, target: other.address },
      ),
    ],
  },
  {
    name: "an ARP probe and announcement of its own address",
    frames: (me) => [
      arp(
        { from: me.mac, to: broadcast },
        { operation: "request", mac: me.mac, address: "0.0.0.0", target: me.address },
      ),
      arp(
        { from: me.mac, to: broadcast },
        { operation: "request", mac: me.mac, address: me.address, target: me.address },
      ),
    ],
  },
  {
    name: "looking whether its own IPv6 address is free",
    frames: (me) => [message6(me, "::", 135, Buffer.concat([flags(0), v6Bytes(me.local)]))],
  },
  {
    name: "taking a link-local address of its own choice, and speaking as that",
    frames: (me, other) => {
      const own = chosenLocal(me);
      const packet = ethernet(
        { from: me.mac, to: other.mac },
        0x86dd,
        ipv6({ from: own, to: other.local, next: 58, payload: icmp6Echo(own, other.local) }),
      );
      return [
        message6(me, "::", 135, Buffer.concat([flags(0), v6Bytes(own)])),
        advertisement(me, own, own),
        advertisement(me, me.local, own),
        message6(me, own, 135, Buffer.concat([flags(0), v6Bytes(other.local), ndMac(1, me.mac)])),
        packet,
      ];
    },
  },
  {
    name: "renewing its lease",
    frames: (me) => {
      const ends = { from: me.address, to: me.gateway };
      const payload = udp(ends, 68, 67, dhcpQuestion(me.mac, 3));
      return [ethernet({ from: me.mac, to: broadcast }, 0x0800, ipv4({ ...ends, protocol: 17, payload }))];
    },
  },
  {
    name: "a neighbour solicitation and advertisement of its own",
    frames: (me, other) => [
      message6(me, me.local, 135, Buffer.concat([flags(0), v6Bytes(other.local), ndMac(1, me.mac)])),
      advertisement(me, me.local, me.local),
    ],
  },
  { name: "a router solicitation", frames: (me) => [message6(me, me.local, 133, flags(0))] },
  {
    name: "a question for DHCP",
    frames: (me) => {
      const ends = { from: "0.0.0.0", to: "255.255.255.255" };
      const payload = udp(ends, 68, 67, dhcpQuestion(me.mac, 1));
      return [ethernet({ from: me.mac, to: broadcast }, 0x0800, ipv4({ ...ends, protocol: 17, payload }))];
    },
  },
  {
    name: "a datagram in two fragments",
    frames: (me, other) => {
      const ends = { from: me.address, to: other.address };
      const whole = udp(ends, 4001, 4001, Buffer.alloc(64, 7));
      const part = (payload: Buffer, fragment: number) =>
        ethernet(
          { from: me.mac, to: other.mac },
          0x0800,
          ipv4({ ...ends, protocol: 17, payload, fragment, id: 3 }),
        );
      return [part(whole.subarray(0, 32), 0x2000), part(whole.subarray(32), 4)];
    },
  },
  {
    name: "a datagram of IPv6 in two fragments",
    frames: (me, other) => {
      const whole = udp({ from: me.local, to: other.local }, 4001, 4001, Buffer.alloc(64, 7));
      const part = (payload: Buffer) =>
        ethernet(
          { from: me.mac, to: other.mac },
          0x86dd,
          ipv6({ from: me.local, to: other.local, next: 44, payload }),
        );
      return [
        part(piece(17, 0, true, 3, whole.subarray(0, 32))),
        part(piece(17, 4, false, 3, whole.subarray(32))),
      ];
    },
  },
  {
    name: "a multicast datagram, as mDNS sends it",
    frames: (me) => {
      const ends = { from: me.address, to: "224.0.0.251" };
      const payload = udp(ends, 5353, 5353, data);
      return [
        ethernet(
          { from: me.mac, to: "01:00:5e:00:00:fb" },
          0x0800,
          ipv4({ ...ends, protocol: 17, payload, ttl: 255 }),
        ),
      ];
    },
  },
];
