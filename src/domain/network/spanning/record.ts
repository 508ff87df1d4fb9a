/**
 * What lies between the hosts of a cluster, as the store keeps it.
 *
 *   cluster/underlay     what an admin said of it; nothing: "none"
 *   underlays/HOST       how that host is reached there: it says so itself
 */
import type { Underlay } from "#contract/schema/network";
import type { ReadStore } from "#durable/store/store";
import { find } from "#durable/store/update";

export const underlayKey = "cluster/underlay";

export interface UnderlayRecord {
  readonly kind: Underlay["kind"];
}

export const underlayPrefix = "underlays/";
export const underlayHostKey = (host: string): string => underlayPrefix + host;

export interface UnderlayHost {
  /** Where other hosts send what goes to guests here. */
  readonly address: string;
  /** Bytes, of the device that has the address. */
  readonly mtu: number;
  /** Of WireGuard, where this host has it. */
  readonly publicKey?: string;
  /** Why a network is not on the host, by its id. */
  readonly problems?: Readonly<Record<string, string>>;
}

export async function underlayKind(store: ReadStore): Promise<Underlay["kind"]> {
  return ((await find(store, underlayKey))?.value as UnderlayRecord | undefined)?.kind ?? "none";
}
