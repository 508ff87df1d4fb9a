/**
 * IPv6 subnets, always a /64, as text: "fd12:3456:789a:1::/64". A guest's address there ends with its number in
 * the IPv4 subnet, so that one number names a guest in both, and whoever knows the one knows the other.
 */
import { randomBytes } from "node:crypto";
import { isIPv6 } from "node:net";

/** The eight groups of an address, written out. */
function groupsOf(address: string): string[] {
  const [head = "", tail] = address.split("::");
  const split = (text: string) => (text === "" ? [] : text.split(":"));
  const [left, right] = [split(head), split(tail ?? "")];
  const missing = tail === undefined ? 0 : 8 - left.length - right.length;
  const groups = [...left, ...Array.from({ length: missing }, () => "0"), ...right];
  return groups.map((group) => Number.parseInt(group, 16).toString(16));
}

/** A /64 in the one way it is written; undefined for what is none. */
export function parseSubnet6(text: string): string | undefined {
  const [address = "", length] = text.split("/");
  if (!isIPv6(address) || address.includes(".") || address.includes("%") || length !== "64") return undefined;
  const groups = groupsOf(address);
  if (groups.slice(4).some((group) => group !== "0")) return undefined;
  const network = groups.slice(0, 4);
  while (network.at(-1) === "0") network.pop();
  return `${network.join(":")}::/64`;
}

/** The subnet's address number `n`, 1 to 65535; 1 is the host's. */
export const addressAt6 = (subnet: string, n: number): string => `${subnet.split("/")[0]}${n.toString(16)}`;

export const gatewayOf6 = (subnet: string): string => addressAt6(subnet, 1);

/** One that is nobody else's (RFC 4193): 56 bits of it are random. */
export function randomSubnet6(): string {
  const bytes = ["fd", ...[...randomBytes(7)].map((byte) => byte.toString(16).padStart(2, "0"))];
  const groups = [0, 2, 4, 6].map((at) => Number.parseInt(`${bytes[at]}${bytes[at + 1]}`, 16).toString(16));
  return parseSubnet6(`${groups.join(":")}::/64`)!;
}

/** Does a subnet or an address, as the kernel writes it, lie in the /64 or around it? */
export function overlaps6(subnet: string, other: string): boolean {
  const [address = "", length = "128"] = other.split("/");
  if (!isIPv6(address) || Number(length) === 0) return false;
  const bits = (text: string) =>
    groupsOf(text)
      .map((group) => Number.parseInt(group, 16).toString(2).padStart(16, "0"))
      .join("");
  const shared = Math.min(64, Number(length));
  return bits(subnet.split("/")[0]!).slice(0, shared) === bits(address).slice(0, shared);
}
