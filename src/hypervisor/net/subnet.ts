/** IPv4 subnets as text ("10.64.5.0/24"), and the choice of one that the host does not use yet. */
import { createHash } from "node:crypto";
import { isIPv4 } from "node:net";

/** Addresses as numbers, the end excluded. */
interface Range {
  readonly start: number;
  readonly end: number;
}

const toNumber = (address: string): number =>
  address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);

const toAddress = (value: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");

function rangeOf(cidr: string): Range {
  const [address = "", length = "32"] = cidr.split("/");
  const size = 2 ** (32 - Number(length));
  const start = Math.floor(toNumber(address) / size) * size;
  return { start, end: start + size };
}

export function overlaps(one: string, other: string): boolean {
  const a = rangeOf(one);
  const b = rangeOf(other);
  return a.start < b.end && b.start < a.end;
}

export const contains = (cidr: string, address: string): boolean => overlaps(cidr, `${address}/32`);

/** The subnet's address number `n`: 0 is the network's own, 1 the gateway. */
export const addressAt = (cidr: string, n: number): string => toAddress(rangeOf(cidr).start + n);

/** How many addresses it has, its own and the broadcast's among them. */
export const sizeOf = (cidr: string): number => {
  const { start, end } = rangeOf(cidr);
  return end - start;
};

/** Which of the subnet's addresses this is: what `addressAt` was given. */
export const numberOf = (cidr: string, address: string): number => toNumber(address) - rangeOf(cidr).start;

/** Is it written as it should be, with nothing after the network's own part? */
export function isSubnet(cidr: string): boolean {
  const [address = "", length = ""] = cidr.split("/");
  return (
    isIPv4(address) && /^([0-9]|[12][0-9]|3[0-2])$/.test(length) && rangeOf(cidr).start === toNumber(address)
  );
}

export const gatewayOf = (cidr: string): string => addressAt(cidr, 1);

export const prefixOf = (cidr: string): number => Number(cidr.split("/")[1]);

export const netmaskOf = (cidr: string): string => toAddress(2 ** 32 - 2 ** (32 - prefixOf(cidr)));

/** Where subnets are taken from: the others serve only a host whose 10.0.0.0/8 is routed elsewhere. */
const pools = ["10.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16"];

/**
 * A /24 that overlaps nothing in `taken`. The seed decides where the search begins, so that a Lodge finds
 * the same subnet again and two Lodges hardly ever begin at the same one. Undefined when all are taken.
 */
export function pickSubnet(seed: string, taken: readonly string[]): string | undefined {
  const hash = createHash("sha256").update(seed).digest().readUInt32BE(0);
  for (const pool of pools) {
    const { start, end } = rangeOf(pool);
    const count = (end - start) / 256;
    const used = taken.filter((cidr) => overlaps(pool, cidr));
    for (let i = 0; i < count; i++) {
      const candidate = `${toAddress(start + ((hash + i) % count) * 256)}/24`;
      if (!used.some((cidr) => overlaps(cidr, candidate))) return candidate;
    }
  }
  return undefined;
}
