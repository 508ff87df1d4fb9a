/** Networks as the store keeps them, and who has which address. */
import { LodgeError } from "#contract/errors";
import type { Store } from "#durable/store/store";
import { find } from "#durable/store/update";

export interface NetworkRecord {
  readonly name: string;
  readonly kind: "nat" | "user";
  /** Number of the network, part of its devices' names. */
  readonly index: number;
  /** A /24; absent for user-mode. */
  readonly subnet?: string;
}

export const networkPrefix = "networks/";
export const networkKey = (name: string): string => networkPrefix + name;
export const addressPrefix = (network: string): string => `addresses/${network}/`;
/** Holds the id of the guest whose address it is. */
export const addressKey = (network: string, address: string): string => addressPrefix(network) + address;

/** @throws LodgeError network.not_found */
export async function networkByName(store: Store, name: string): Promise<NetworkRecord> {
  const item = await find(store, networkKey(name));
  if (!item) throw new LodgeError("network.not_found", { network: name });
  return item.value as NetworkRecord;
}

export const listNetworks = async (store: Store): Promise<NetworkRecord[]> =>
  (await store.list(networkPrefix)).items.map(({ value }) => value as NetworkRecord);
