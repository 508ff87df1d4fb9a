/** Frames that guests send, to each other and to all, by what they are. */
import { ethernet, icmp6, ipv4, ipv6, macBytes, ndMac, udp, v4Bytes, v6Bytes, word } from "./frames.ts";
import type { Player } from "./world.ts";

export const data = Buffer.from("attack");
export const stranger = "52:54:00:99:99:99";
export const allNodes = { mac: "33:33:00:00:00:01", address: "ff02::1" };
export const flags = (bits: number): Buffer => Buffer.from([bits, 0, 0, 0]);

export const datagram4 = (
  mac: string,
  from: string,
  to: Player,
  ports: readonly [number, number] = [4001, 4001],
) =>
  ethernet(
    { from: mac, to: to.mac },
    0x0800,
    ipv4({ from, to: to.address, protocol: 17, payload: udp({ from, to: to.address }, ...ports, data) }),
  );

export const datagram6 = (
  mac: string,
  from: string,
  to: Player,
  ports: readonly [number, number] = [4001, 4001],
) =>
  ethernet(
    { from: mac, to: to.mac },
    0x86dd,
    ipv6({ from, to: to.local, next: 17, payload: udp({ from, to: to.local }, ...ports, data) }),
  );

export const message6 = (me: Player, from: string, type: number, body: Buffer, to = allNodes) =>
  ethernet(
    { from: me.mac, to: to.mac },
    0x86dd,
    ipv6({ from, to: to.address, next: 58, payload: icmp6({ from, to: to.address }, type, body) }),
  );

export const advertisement = (me: Player, from: string, target: string) =>
  message6(me, from, 136, Buffer.concat([flags(0x20), v6Bytes(target), ndMac(2, me.mac)]));
export const gatewayLocal = "fe80::1";
export const routerAdvert = (me: Player) =>
  icmp6(
    { from: me.local, to: allNodes.address },
    134,
    Buffer.concat([Buffer.from("40000708", "hex"), Buffer.alloc(8), ndMac(1, me.mac)]),
  );
export const to6 = (me: Player, next: number, payload: Buffer) =>
  ethernet(
    { from: me.mac, to: allNodes.mac },
    0x86dd,
    ipv6({ from: me.local, to: allNodes.address, next, payload }),
  );

/** A DHCP answer: only what makes it one is in it. */
export const dhcpAnswer = Buffer.concat([
  Buffer.from("02010600", "hex"),
  Buffer.alloc(232),
  Buffer.from("63825363350102ff", "hex"),
]);

/** What a client sends, of this kind: 1 to discover, 3 to request, 4 to decline, 7 to release. */
export function dhcpQuestion(
  mac: string,
  kind: number,
  { options = Buffer.alloc(0), relay = "0.0.0.0", client = "0.0.0.0" } = {},
): Buffer {
  return Buffer.concat([
    Buffer.from("01010600", "hex"),
    Buffer.from("12345678", "hex"),
    Buffer.alloc(4),
    v4Bytes(client),
    Buffer.alloc(8),
    v4Bytes(relay),
    macBytes(mac),
    Buffer.alloc(10 + 64 + 128),
    Buffer.from("63825363", "hex"),
    Buffer.from([53, 1, kind]),
    options,
    Buffer.from([255]),
  ]);
}

/** A link-local address that no MAC tells. */
export function chosenLocal({ mac }: Pick<Player, "mac">, number = 1): string {
  const [, , , a = 0, b = 0, c = 0] = mac.split(":").map((byte) => Number.parseInt(byte, 16));
  return `fe80::${[number, (a << 8) | b, (c << 8) | 0xaa, 1].map((each) => each.toString(16)).join(":")}`;
}

export const icmp6Echo = (from: string, to: string): Buffer =>
  icmp6({ from, to }, 128, Buffer.concat([Buffer.from("00010001", "hex"), data]));

export function dhcp4(me: Player, mac: string, to: string): Buffer {
  const ends = { from: me.address, to };
  return ethernet(
    { from: me.mac, to: mac },
    0x0800,
    ipv4({ ...ends, protocol: 17, payload: udp(ends, 67, 68, dhcpAnswer) }),
  );
}

export function tagged(frame: Buffer, type: number, id: number): Buffer {
  return Buffer.concat([frame.subarray(0, 12), word(type), word(id), frame.subarray(12)]);
}
