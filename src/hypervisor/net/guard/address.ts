/** IPv6 addresses as rules need them, and telling the two families apart. */
import { isIPv6 } from "node:net";

/** Of an address or a subnet. */
export const isV6 = (address: string): boolean => isIPv6(address.split("/")[0] ?? "");

/** The link-local address that a MAC gives (RFC 4291, appendix A): what kernels take unless told otherwise. */
export function linkLocalOf(mac: string): string {
  const [a = 0, ...rest] = mac.split(":").map((byte) => Number.parseInt(byte, 16));
  const bytes = [a ^ 2, rest[0]!, rest[1]!, 0xff, 0xfe, rest[2]!, rest[3]!, rest[4]!];
  const words = [0, 2, 4, 6].map((at) => ((bytes[at]! << 8) | bytes[at + 1]!).toString(16));
  return `fe80::${words.join(":")}`;
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
