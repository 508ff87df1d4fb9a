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
import type { Store } from "#durable/store/store";
import { find } from "#durable/store/update";

export interface NetworkRecord {
  readonly name: string;
  /** Absent from records of old: the default one. */
  readonly project?: string;
  readonly kind: "nat" | "user";
  /** Number of the network, part of its devices' names. */
  readonly index: number;
  /** A /24; absent for user-mode. */
  readonly subnet?: string;
  /** Firewall groups of its project that hold for every guest in it. */
  readonly firewalls?: readonly string[];
}

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

export const networkPrefix = "networks/";
export const networkKey = (id: string): string => networkPrefix + id;
export const addressPrefix = (network: string): string => `addresses/${network}/`;
/** Holds the id of the guest whose address it is. */
export const addressKey = (network: string, address: string): string => addressPrefix(network) + address;

/** A network of a project, or one that is everybody's. @throws LodgeError network.not_found */
export async function networkByName(store: Store, name: string, project: string): Promise<NetworkRecord> {
  // A name with a dot would be another project's.
  const item = name.includes(".") ? undefined : await find(store, networkKey(networkId(project, name)));
  if (!item) throw new LodgeError("network.not_found", { network: name });
  return item.value as NetworkRecord;
}

export const listNetworks = async (store: Store): Promise<NetworkRecord[]> =>
  (await store.list(networkPrefix)).items.map(({ value }) => value as NetworkRecord);
