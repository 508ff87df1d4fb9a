/** Where a guest's network card gets its MAC and its addresses from. */
import { randomBytes, randomInt } from "node:crypto";
import { isIPv4 } from "node:net";
import { LodgeError } from "#contract/errors";
import type { NicAdd } from "#contract/schema/network";
import type { Store } from "#durable/store/store";
import { hasIpv6 } from "#hypervisor/net/forwarding";
import { addressAt, contains, numberOf, sizeOf } from "#hypervisor/net/subnet";
import { addressAt6 } from "#hypervisor/net/subnet6";
import type { Member, RecordedNic } from "./member.ts";
import { addressPrefix, idOf, type NetworkRecord } from "./record.ts";

/** The first addresses are the host's, and are kept for what else may come to serve a network. */
const firstNumber = 4;

const madeUp = (): string =>
  `52:54:00:${[...randomBytes(3)].map((byte) => byte.toString(16).padStart(2, "0")).join(":")}`;

interface NicParts {
  readonly store: Store;
  readonly members: () => Promise<readonly Member[]>;
}

/**
 * A card in a network: its MAC, and addresses that nobody has. They are claimed with the guest's record.
 *
 * @throws LodgeError network.addresses_exhausted, network.address_unfit, network.mac_taken, api.invalid
 */
export async function makeNic(
  parts: NicParts,
  record: NetworkRecord,
  id: string,
  wish: NicAdd,
): Promise<RecordedNic> {
  const { network, mtu, vlan } = wish;
  if (vlan !== undefined && record.kind !== "bridge")
    throw new LodgeError("api.invalid", { field: "vlan", reason: `${network} is of kind ${record.kind}` });
  if (vlan !== undefined && (record.uplink?.vlan !== undefined || record.subnet !== undefined))
    throw new LodgeError("api.invalid", { field: "vlan", reason: `${network} has a tag or a subnet itself` });
  const nic = {
    id,
    network,
    mac: wish.mac === undefined ? madeUp() : await askedMac(parts, wish.mac),
    ...(mtu === undefined ? {} : { mtu }),
    ...(vlan === undefined ? {} : { vlan }),
    wired: record.kind !== "user",
  };
  const { subnet, subnet6 } = record;
  if (subnet === undefined) {
    if (wish.address === undefined) return nic;
    const reason = "Lodge does not give out the addresses there";
    throw new LodgeError("network.address_unfit", { network, address: wish.address, reason });
  }
  const address = await freeAddress(parts.store, record, subnet, wish.address);
  if (subnet6 === undefined || !hasIpv6()) return { ...nic, address };
  return { ...nic, address, address6: addressAt6(subnet6, numberOf(subnet, address)) };
}

async function askedMac({ members }: NicParts, mac: string): Promise<string> {
  // The lowest bit of the first byte is set in addresses of groups.
  if ((Number.parseInt(mac.slice(0, 2), 16) & 1) === 1 || mac === "00:00:00:00:00:00")
    throw new LodgeError("api.invalid", { field: "mac", reason: `${mac} is no single card's` });
  const holder = (await members()).find(({ nics }) => nics.some((nic) => nic.mac === mac));
  if (holder) throw new LodgeError("network.mac_taken", { guest: holder.name, mac });
  return mac;
}

async function freeAddress(
  store: Store,
  record: NetworkRecord,
  subnet: string,
  asked: string | undefined,
): Promise<string> {
  const prefix = addressPrefix(idOf(record));
  const { items } = await store.list(prefix);
  const taken = new Set(items.map(({ key }) => key.slice(prefix.length)));
  if (asked !== undefined) return askedAddress(record, subnet, asked, taken);
  const count = sizeOf(subnet) - 1 - firstNumber;
  // From a random place: an address that was just freed may still be in somebody's ARP cache.
  const start = randomInt(0, count);
  for (let i = 0; i < count; i++) {
    const address = addressAt(subnet, firstNumber + ((start + i) % count));
    if (!taken.has(address) && address !== record.gateway) return address;
  }
  throw new LodgeError("network.addresses_exhausted", { network: record.name });
}

function askedAddress(
  record: NetworkRecord,
  subnet: string,
  asked: string,
  taken: ReadonlySet<string>,
): string {
  const refuse = (reason: string) =>
    new LodgeError("network.address_unfit", { network: record.name, address: asked, reason });
  if (!isIPv4(asked) || !contains(subnet, asked)) throw refuse(`it is not in ${subnet}`);
  const number = numberOf(subnet, asked);
  if (number === 1 || asked === record.gateway) throw refuse("it is the gateway's");
  if (number === 0 || number === sizeOf(subnet) - 1) throw refuse("it is no single guest's");
  if (taken.has(asked)) throw refuse("another guest has it");
  return asked;
}
