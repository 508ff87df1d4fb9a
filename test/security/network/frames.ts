/** Frames, made byte by byte as an attacker makes them: nothing is checked that is not asked for. */

export const macBytes = (mac: string): Buffer => Buffer.from(mac.replaceAll(":", ""), "hex");
export const v4Bytes = (address: string): Buffer => Buffer.from(address.split(".").map(Number));

export function v6Bytes(address: string): Buffer {
  const [head = "", tail = ""] = address.split("::");
  const words = (text: string) =>
    text === "" ? [] : text.split(":").map((word) => Number.parseInt(word, 16));
  const [front, back] = [words(head), words(tail)];
  const all = [...front, ...Array<number>(8 - front.length - back.length).fill(0), ...back];
  return Buffer.concat(all.map(word));
}

export const word = (value: number): Buffer => Buffer.from([(value >> 8) & 255, value & 255]);
const long = (value: number): Buffer =>
  Buffer.from([value >>> 24, (value >> 16) & 255, (value >> 8) & 255, value & 255]);

/** RFC 1071. */
function checksum(...parts: readonly Buffer[]): Buffer {
  const data = Buffer.concat(parts);
  let sum = 0;
  for (let i = 0; i < data.length; i += 2) sum += (data[i]! << 8) + (data[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return word(~sum & 0xffff);
}

export interface Link {
  readonly from: string;
  readonly to: string;
}

export const ethernet = ({ from, to }: Link, type: number, payload: Buffer): Buffer => {
  const frame = Buffer.concat([macBytes(to), macBytes(from), word(type), payload]);
  return frame.length < 60 ? Buffer.concat([frame, Buffer.alloc(60 - frame.length)]) : frame;
};

export interface Arp {
  readonly operation: "request" | "reply";
  readonly mac: string;
  readonly address: string;
  readonly targetMac?: string;
  readonly target: string;
}

export const arp = (link: Link, { operation, mac, address, targetMac, target }: Arp): Buffer =>
  ethernet(
    link,
    0x0806,
    Buffer.concat([
      Buffer.from("0001080006040000", "hex").fill(operation === "request" ? 1 : 2, 7),
      macBytes(mac),
      v4Bytes(address),
      macBytes(targetMac ?? "00:00:00:00:00:00"),
      v4Bytes(target),
    ]),
  );

export interface V4 {
  readonly from: string;
  readonly to: string;
  readonly protocol: number;
  readonly payload: Buffer;
  /** Flags and offset (in 8 bytes) of the fragment. */
  readonly fragment?: number;
  readonly id?: number;
  readonly options?: Buffer;
  readonly ttl?: number;
}

export function ipv4({ from, to, protocol, payload, fragment = 0, id = 1, options, ttl = 64 }: V4): Buffer {
  const more = options ?? Buffer.alloc(0);
  const length = 20 + more.length;
  const header = Buffer.concat([
    Buffer.from([0x40 | (length / 4), 0]),
    word(length + payload.length),
    word(id),
    word(fragment),
    Buffer.from([ttl, protocol, 0, 0]),
    v4Bytes(from),
    v4Bytes(to),
    more,
  ]);
  checksum(header).copy(header, 10);
  return Buffer.concat([header, payload]);
}

export interface V6 {
  readonly from: string;
  readonly to: string;
  readonly next: number;
  readonly payload: Buffer;
}

export const ipv6 = ({ from, to, next, payload }: V6): Buffer =>
  Buffer.concat([
    Buffer.from("60000000", "hex"),
    word(payload.length),
    Buffer.from([next, 255]),
    v6Bytes(from),
    v6Bytes(to),
    payload,
  ]);

const pseudo = (from: string, to: string, protocol: number, length: number): Buffer =>
  from.includes(":")
    ? Buffer.concat([v6Bytes(from), v6Bytes(to), long(length), long(protocol)])
    : Buffer.concat([v4Bytes(from), v4Bytes(to), Buffer.from([0, protocol]), word(length)]);

export interface Ends {
  readonly from: string;
  readonly to: string;
}

export function udp({ from, to }: Ends, source: number, target: number, data: Buffer): Buffer {
  const datagram = Buffer.concat([word(source), word(target), word(8 + data.length), word(0), data]);
  checksum(pseudo(from, to, 17, datagram.length), datagram).copy(datagram, 6);
  return datagram;
}

/** A segment of TCP with these flags: 2 is SYN, 16 ACK, 18 both, 24 data. */
export function tcp({ from, to }: Ends, source: number, target: number, flags: number, id = 1): Buffer {
  const segment = Buffer.concat([
    word(source),
    word(target),
    long(id),
    long(0),
    Buffer.from([0x50, flags, 255, 255, 0, 0, 0, 0]),
  ]);
  checksum(pseudo(from, to, 6, segment.length), segment).copy(segment, 16);
  return segment;
}

export function icmp6({ from, to }: Ends, type: number, body: Buffer): Buffer {
  const message = Buffer.concat([Buffer.from([type, 0, 0, 0]), body]);
  checksum(pseudo(from, to, 58, message.length), message).copy(message, 2);
  return message;
}

export function icmp(type: number, code: number, body: Buffer): Buffer {
  const message = Buffer.concat([Buffer.from([type, code, 0, 0]), body]);
  checksum(message).copy(message, 2);
  return message;
}

/** An option of ND that says a MAC: of its source (1) or its target (2). */
export const ndMac = (kind: 1 | 2, mac: string): Buffer =>
  Buffer.concat([Buffer.from([kind, 1]), macBytes(mac)]);

/** A piece of an IPv6 packet: `next` is what its first piece begins with, `offset` in 8 bytes. */
export const piece = (next: number, offset: number, more: boolean, id: number, data: Buffer): Buffer =>
  Buffer.concat([Buffer.from([next, 0]), word((offset << 3) | (more ? 1 : 0)), long(id), data]);

/** An extension header that says nothing: hop by hop (0), destination options (60). */
export const emptyOptions = (next: number): Buffer => Buffer.from([next, 0, 1, 4, 0, 0, 0, 0]);

export const syn = (ends: Ends, source: number, target: number): Buffer => tcp(ends, source, target, 2);
