/** Guests' addresses, known without asking the guests. */
import { ipJson } from "./ip.ts";
import { bridgeName } from "./names.ts";
import type { NetworkPlace } from "./plan.ts";
import { listReservations } from "./reservations.ts";

export interface KnownAddress {
  readonly mac: string;
  readonly address: string;
  /** True when the kernel heard the guest answer for this address in the last minute or so. */
  readonly seen: boolean;
}

interface Neighbour {
  readonly dst: string;
  readonly lladdr?: string;
  readonly state?: readonly string[];
}

/** Reservations first, then what else was heard on the bridge: an address that a guest gave itself. */
export function mergeAddresses(
  reserved: readonly { mac: string; address: string }[],
  heard: readonly Neighbour[],
): KnownAddress[] {
  const known = new Map<string, KnownAddress>();
  const key = (mac: string, address: string) => `${mac} ${address}`;
  for (const { mac, address } of reserved) known.set(key(mac, address), { mac, address, seen: false });
  for (const { dst, lladdr, state } of heard) {
    if (!lladdr || state?.includes("FAILED")) continue;
    const seen = state?.some((word) => word === "REACHABLE" || word === "DELAY" || word === "PROBE") ?? false;
    known.set(key(lladdr, dst), { mac: lladdr, address: dst, seen });
  }
  return [...known.values()];
}

/** The addresses on a network's bridge. The bridge must exist. */
export async function knownAddresses(place: NetworkPlace): Promise<KnownAddress[]> {
  const [reserved, heard] = await Promise.all([
    listReservations(place),
    ipJson<Neighbour>("-4", "neigh", "show", "dev", bridgeName(place)),
  ]);
  return mergeAddresses(reserved, heard);
}
