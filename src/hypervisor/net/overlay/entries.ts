/**
 * Who is behind a network's tunnel, as the kernel is told: for each MAC, that it is at the tunnel's port (the bridge's
 * FDB) and at which host (the tunnel's); for each address, whose MAC answers (the bridge's neighbours). All of it
 * comes from the store: what is not here does not go to any other host.
 */
import { written } from "../guard/address.ts";
import { bridgeName, tunnelName } from "../names.ts";
import { hostMac, type OverlayHost, type OverlayNetwork } from "./plan.ts";

export interface Entries {
  /** MACs that are at the tunnel's port. */
  readonly ports: ReadonlySet<string>;
  /** The host's address, by MAC. */
  readonly hosts: ReadonlyMap<string, string>;
  /** MACs, by address. */
  readonly neighbours: ReadonlyMap<string, string>;
}

export const nothing: Entries = { ports: new Set(), hosts: new Map(), neighbours: new Map() };

/** Pure. A card whose host is not among the others is nowhere. */
export function entriesOf(network: OverlayNetwork, others: readonly OverlayHost[]): Entries {
  const addresses = new Map(others.map(({ id, address }) => [id, address]));
  const hosts = new Map(others.map(({ id, address }) => [hostMac(id), address]));
  const neighbours = new Map<string, string>();
  for (const { mac, addresses: own, host } of network.cards) {
    const address = addresses.get(host);
    if (address === undefined) continue;
    hosts.set(mac, address);
    for (const one of own) neighbours.set(written(one), mac);
  }
  return { ports: new Set(hosts.keys()), hosts, neighbours };
}

export interface EntryChanges {
  /** Input for `bridge -batch -`. */
  readonly bridge: readonly string[];
  /** Input for `ip -batch -`. */
  readonly ip: readonly string[];
}

/** From what is there to what should be, what is new first. Pure. */
export function entryChanges(network: OverlayNetwork, now: Entries, wanted: Entries): EntryChanges {
  const tunnel = tunnelName(network);
  const bridge = bridgeName(network);
  const atBridge: string[] = [];
  const atIp: string[] = [];
  for (const [mac, host] of wanted.hosts) {
    if (now.hosts.get(mac) !== host) atBridge.push(`fdb replace ${mac} dev ${tunnel} self dst ${host}`);
    if (!now.ports.has(mac)) atBridge.push(`fdb replace ${mac} dev ${tunnel} master static`);
  }
  for (const [address, mac] of wanted.neighbours)
    if (now.neighbours.get(address) !== mac)
      atIp.push(`neigh replace ${address} lladdr ${mac} dev ${bridge} nud permanent`);
  for (const mac of now.ports)
    if (!wanted.ports.has(mac)) atBridge.push(`fdb del ${mac} dev ${tunnel} master`);
  for (const [mac, host] of now.hosts)
    if (!wanted.hosts.has(mac)) atBridge.push(`fdb del ${mac} dev ${tunnel} self dst ${host}`);
  for (const address of now.neighbours.keys())
    if (!wanted.neighbours.has(address)) atIp.push(`neigh del ${address} dev ${bridge}`);
  return { bridge: atBridge, ip: atIp };
}

/** As `bridge -j fdb show` tells it. */
export interface FoundFdb {
  readonly mac: string;
  readonly ifname: string;
  readonly flags?: readonly string[];
  readonly dst?: string;
  readonly master?: string;
  readonly state?: string;
}

/** As `ip -j neigh show nud permanent` tells it. */
export interface FoundNeighbour {
  readonly dst: string;
  readonly dev: string;
  readonly lladdr?: string;
}

/** What an earlier daemon left. The port's own MAC is the kernel's entry, and stays. */
export function foundEntries(
  network: OverlayNetwork,
  fdb: readonly FoundFdb[],
  neighbours: readonly FoundNeighbour[],
): Entries {
  const own = fdb.filter(({ ifname }) => ifname === tunnelName(network));
  const bridge = bridgeName(network);
  return {
    ports: new Set(
      own.filter(({ master, state }) => master !== undefined && state !== "permanent").map(({ mac }) => mac),
    ),
    hosts: new Map(own.flatMap(({ mac, dst }) => (dst === undefined ? [] : [[mac, dst] as const]))),
    neighbours: new Map(
      neighbours.flatMap(({ dst, dev, lladdr }) =>
        dev === bridge && lladdr !== undefined ? [[dst, lladdr] as const] : [],
      ),
    ),
  };
}
