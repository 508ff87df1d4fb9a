/** IPv6 addresses as rules need them, and telling the two families apart. */

/** Of an address or a subnet. */
export const isV6 = (address: string): boolean => address.includes(":");

/** Three bytes of a MAC from a place of its text on. */
const number = (mac: string, at: number): number =>
  Number.parseInt(mac.slice(at, at + 2) + mac.slice(at + 3, at + 5) + mac.slice(at + 6, at + 8), 16);

/** The link-local address that a MAC gives (RFC 4291, appendix A): what kernels take unless told otherwise. */
export function linkLocalOf(mac: string): string {
  // Asked for each of ten thousand cards when one of them comes or goes.
  const [front, back] = [number(mac, 0), number(mac, 9)];
  const word = (value: number) => value.toString(16);
  return `fe80::${word((front >> 8) ^ 0x200)}:${word(((front & 0xff) << 8) | 0xff)}:${word(0xfe00 | (back >> 16))}:${word(back & 0xffff)}`;
}

/** All 16 bytes of an IPv6 address as one hexadecimal number, as nft takes raw payload. */
export function v6Number(address: string): string {
  const [head = "", tail] = address.split("::");
  const words = (text: string) => (text === "" ? [] : text.split(":"));
  const front = words(head);
  const back = words(tail ?? "");
  const gap = tail === undefined ? [] : Array<string>(8 - front.length - back.length).fill("0");
  return `0x${[...front, ...gap, ...back].map((word) => word.padStart(4, "0")).join("")}`;
}

/** The eight groups of an IPv6 address, each without leading zeros. */
function groupsOf(address: string): string[] {
  const [head = "", tail] = address.split("::");
  const words = (text: string) => (text === "" ? [] : text.split(":"));
  const [front, back] = [words(head), words(tail ?? "")];
  const gap = tail === undefined ? 0 : 8 - front.length - back.length;
  const all = [...front, ...Array<string>(gap).fill("0"), ...back];
  return all.map((word) => word.toLowerCase().replace(/^0+(?=.)/, ""));
}

/** An address in the one way that it is written (RFC 5952, 4); some write out all of an IPv6 one. */
export function written(address: string): string {
  if (!address.includes(":") || address.includes(".")) return address;
  const groups = groupsOf(address);
  let longest = { at: 0, length: 1 };
  for (let at = 0; at < 8; at++) {
    let end = at;
    while (groups[end] === "0") end++;
    if (end - at > longest.length) longest = { at, length: end - at };
    at = Math.max(at, end - 1);
  }
  if (longest.length === 1) return groups.join(":");
  const { at, length } = longest;
  return `${groups.slice(0, at).join(":")}::${groups.slice(at + length).join(":")}`;
}
