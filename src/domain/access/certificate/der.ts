/** The few pieces of DER (ITU-T X.690) that a certificate is made of. Written only: Node reads certificates. */

const tag = {
  boolean: 0x01,
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  oid: 0x06,
  utf8: 0x0c,
  utcTime: 0x17,
  time: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

function element(type: number, content: Uint8Array): Buffer {
  const { length } = content;
  const sizes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) sizes.unshift(rest % 256);
  const head = length < 0x80 ? [type, length] : [type, 0x80 | sizes.length, ...sizes];
  return Buffer.concat([Buffer.from(head), content]);
}

export const sequence = (...parts: readonly Uint8Array[]): Buffer =>
  element(tag.sequence, Buffer.concat(parts));
export const set = (...parts: readonly Uint8Array[]): Buffer => element(tag.set, Buffer.concat(parts));
export const octets = (content: Uint8Array): Buffer => element(tag.octets, content);
export const utf8 = (text: string): Buffer => element(tag.utf8, Buffer.from(text));
export const yes: Buffer = element(tag.boolean, Uint8Array.of(0xff));

/** The last `unused` bits of the content do not count. */
export const bits = (content: Uint8Array, unused = 0): Buffer =>
  element(tag.bits, Buffer.concat([Uint8Array.of(unused), content]));

/** A number that is not negative, by its bytes. */
export function integer(bytes: Uint8Array): Buffer {
  const start = bytes.findIndex((byte) => byte !== 0);
  const least = start < 0 ? Uint8Array.of(0) : bytes.subarray(start);
  // The first bit is the sign's.
  return element(tag.integer, (least[0] ?? 0) < 0x80 ? least : Buffer.concat([Uint8Array.of(0), least]));
}

/** "2.5.29.17" */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap((arc) => {
    const groups = [arc % 128];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128))
      groups.unshift(0x80 | (left % 128));
    return groups;
  });
  return element(tag.oid, Uint8Array.from(bytes));
}

/** Milliseconds since the epoch; two digits for the year until 2049 (RFC 5280, 4.1.2.5). */
export function time(moment: number): Buffer {
  const digits = `${new Date(moment)
    .toISOString()
    .replace(/\.\d+Z$/, "")
    .replace(/[-:T]/g, "")}Z`;
  return digits < "2050"
    ? element(tag.utcTime, Buffer.from(digits.slice(2)))
    : element(tag.time, Buffer.from(digits));
}

/** Context-specific: constructed ones hold elements, primitive ones bytes. */
export const constructed = (number: number, ...parts: readonly Uint8Array[]): Buffer =>
  element(0xa0 | number, Buffer.concat(parts));
export const primitive = (number: number, content: Uint8Array): Buffer => element(0x80 | number, content);
