/**
 * Where the daemon goes for addresses that users give it. From here one gets to more than from their computers:
 * to this one itself, to its clouds' credentials, and into the guests' networks. Those are closed, but for what an
 * admin has opened.
 */
import { networkInterfaces } from "node:os";
import { BlockList, isIP, isIPv6 } from "node:net";
import { LodgeError } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import type { AddressFilter } from "#base/outbound";
import type { Store } from "#durable/store/store";

const key = "settings/outbound";

/** This host, links, groups, and where clouds keep credentials (RFC 6890 and the clouds' own manuals). */
const alwaysClosed = [
  "0.0.0.0/8",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "192.0.0.0/24",
  "100.100.100.200/32",
  "224.0.0.0/4",
  "240.0.0.0/4",
  "::/128",
  "::1/128",
  "fe80::/10",
  "ff00::/8",
  "fd00:ec2::254/128",
  // IPv4 inside IPv6: what it leads to is not seen.
  "64:ff9b::/96",
  "2002::/16",
];

const familyOf = (address: string): "ipv4" | "ipv6" => (isIPv6(address) ? "ipv6" : "ipv4");

/** @throws LodgeError api.invalid */
function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = "", length] = network.split("/");
    const bits = length === undefined ? (isIPv6(address) ? 128 : 32) : Number(length);
    if (isIP(address) === 0 || !(bits >= 0 && bits <= (isIPv6(address) ? 128 : 32)))
      throw new LodgeError("api.invalid", {
        field: "allow",
        reason: `'${network}' is no network or address`,
      });
    list.addSubnet(address, bits, familyOf(address));
  }
  return list;
}

export interface OutboundParts {
  readonly store: Store;
  /** Lodge's own networks: "10.77.3.0/24". */
  readonly subnets: () => Promise<readonly string[]>;
}

/** What users' addresses may lead to, as things are now. */
export async function outboundFilter({ store, subnets }: OutboundParts): Promise<AddressFilter> {
  const own = Object.values(networkInterfaces()).flatMap((found) => found ?? []);
  const closed = listOf([
    ...alwaysClosed,
    ...own.map(({ address }) => address.replace(/%.*$/, "")),
    ...(await subnets()),
  ]);
  const { allow } = await outboundRules(store);
  const open = listOf(allow);
  return (address) => {
    const plain = address.replace(/^::ffff:(?=\d+\.)/i, "");
    const family = familyOf(plain);
    return open.check(plain, family) || !closed.check(plain, family);
  };
}

export const outboundRules = async (store: Store): Promise<Schemas["OutboundRules"]> =>
  ((await store.get(key))?.value as Schemas["OutboundRules"] | undefined) ?? { allow: [] };

/** @throws LodgeError api.invalid */
export async function changeOutbound(
  store: Store,
  { allow }: Schemas["OutboundRules"],
): Promise<Schemas["OutboundRules"]> {
  listOf(allow);
  await store.transact({ put: [{ key, value: { allow } }] });
  return { allow };
}
