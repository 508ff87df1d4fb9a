/**
 * Networks as the store keeps them, and who has which address.
 *
 *   networks/ID                the record
 *   addresses/ID/ADDRESS       the id of the guest whose address it is
 *
 * ID is the network's name where it is the default project's or everybody's, else PROJECT.NAME: neither names
 * nor projects have dots. Guests name a network as it is called in their project, and none of another's.
 */
import { defaultProject, type Owner } from "#contract/access";
import { LodgeError } from "#contract/errors";
import type { NetworkKind } from "#contract/schema/network";
import type { ReadStore, Store } from "#durable/store/store";
import { find } from "#durable/store/update";
import type { StaticRoute, Uplink } from "#hypervisor/net/plan";

export interface NetworkRecord {
  readonly name: string;
  /** Absent from records of old: the default one. */
  readonly project?: string;
  readonly kind: NetworkKind;
  /** Number of the network, part of its devices' names. */
  readonly index: number;
  readonly description?: string;
  /** Of its bridge on each host of a cluster: guests send through it wherever they are. */
  readonly mac?: string;
  /** Absent for user-mode, and for a bridge whose addresses are others' affair. */
  readonly subnet?: string;
  /** Its guests do not see each other. */
  readonly isolateGuests?: boolean;
  /** Firewall groups of its project that hold for every guest in it. */
  readonly firewalls?: readonly string[];
  /** A /64 as hypervisor/net/subnet6.ts writes it. */
  readonly subnet6?: string;
  /** It is to have none, also where the host has. */
  readonly ipv6?: false;
  /** Of a bridge with a subnet: Lodge chooses addresses in it, and somebody else answers DHCP. */
  readonly dhcp?: false;
  readonly uplink?: Uplink;
  readonly gateway?: string;
  readonly mtu?: number;
  readonly domain?: string;
  readonly dns?: readonly string[];
  readonly routes?: readonly StaticRoute[];
  readonly createdAt?: string;
  /** Set while it is taken off the host: no guest comes to it any more. */
  readonly removing?: true;
}

/** Guests find each other as NAME.lodge.internal, or NAME alone. */
export const guestDomain = "lodge.internal";

export const defaultNetwork = "default";
/** Each guest's own, by QEMU alone: nothing of it is another guest's, and so it is every project's. */
export const userNetwork = "user";

export const networkId = (project: string, name: string): string =>
  project === defaultProject || name === userNetwork ? name : `${project}.${name}`;

export const idOf = ({ project = defaultProject, name }: Pick<NetworkRecord, "project" | "name">): string =>
  networkId(project, name);

export const networkOwner = ({
  project = defaultProject,
  name,
}: Pick<NetworkRecord, "project" | "name">): Owner => (name === userNetwork ? { shared: true } : { project });

/** Holds the id of the network that has the number. A number of before there was this key has none. */
export const networkNumberKey = (index: number): string => `network-numbers/${index}`;

export const networkPrefix = "networks/";
export const networkKey = (id: string): string => networkPrefix + id;
export const addressesPrefix = "addresses/";
export const addressPrefix = (network: string): string => `${addressesPrefix}${network}/`;
/** Holds the id of the guest whose address it is. */
export const addressKey = (network: string, address: string): string => addressPrefix(network) + address;

/** A network of a project, or one that is everybody's. @throws LodgeError network.not_found */
export async function networkByName(store: ReadStore, name: string, project: string): Promise<NetworkRecord> {
  // A name with a dot would be another project's.
  const item = name.includes(".") ? undefined : await find(store, networkKey(networkId(project, name)));
  const record = item?.value as NetworkRecord | undefined;
  if (!record || record.removing) throw new LodgeError("network.not_found", { network: name });
  return record;
}

/** One that is on the host by itself, and no guest's alone. */
export const isBuiltIn = ({ name }: Pick<NetworkRecord, "name">): boolean =>
  name === defaultNetwork || name === userNetwork;

/** Do published ports lead into it? */
export const publishes = (kind: NetworkKind | undefined): boolean => kind === "nat" || kind === "routed";

/** What a transaction compares that puts guests on these networks: none of them is being removed at that moment. */
export async function networksStay(
  store: Store,
  project: string,
  nics: readonly { readonly network: string }[],
): Promise<{ readonly key: string; readonly revision: number }[]> {
  const keys = [...new Set(nics.map(({ network }) => networkKey(networkId(project, network))))];
  return Promise.all(
    keys.map(async (key) => {
      const item = await find(store, key);
      if (!item || (item.value as NetworkRecord).removing)
        throw new LodgeError("network.not_found", { network: key.slice(networkPrefix.length) });
      return { key, revision: item.revision };
    }),
  );
}

/** @throws LodgeError network.not_found */
export async function networkById(store: ReadStore, id: string): Promise<NetworkRecord> {
  const record = (await find(store, networkKey(id)))?.value as NetworkRecord | undefined;
  if (!record || record.removing) throw new LodgeError("network.not_found", { network: id });
  return record;
}

export const listNetworks = async (store: ReadStore): Promise<NetworkRecord[]> =>
  (await store.list(networkPrefix)).items.map(({ value }) => value as NetworkRecord);
