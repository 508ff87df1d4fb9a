/** What a Lodge left in the host's network, found by its names alone: the search for orphans. */
import { findProcesses } from "#base/find-process";
import { links } from "./ip.ts";
import { isOurs } from "./names.ts";
import { nftTables } from "./nft.ts";
import { servedBridge } from "./dnsmasq.ts";

export interface Ours {
  readonly bridges: readonly string[];
  /** Devices that tag frames. */
  readonly vlans: readonly string[];
  readonly taps: readonly string[];
  /** Tables of nftables: the networks', of which some are of family bridge, and the guard. */
  readonly tables: readonly string[];
  /** Process ids. */
  readonly dnsmasq: readonly number[];
}

/** Everything in this network namespace that belongs to the Lodge with this tag. */
export async function listOurs(tag: string): Promise<Ours> {
  const [devices, tables, guards, servers] = await Promise.all([
    links(),
    nftTables("inet"),
    nftTables("bridge"),
    findProcesses((argv) => isOurs(tag, "bridge", servedBridge(argv) ?? "")),
  ]);
  const named = (kind: "bridge" | "vlan" | "tap", info: string) =>
    devices
      .filter(({ ifname, linkinfo }) => linkinfo?.info_kind === info && isOurs(tag, kind, ifname))
      .map(({ ifname }) => ifname);
  return {
    bridges: named("bridge", "bridge"),
    vlans: named("vlan", "vlan"),
    taps: named("tap", "tun"),
    tables: [
      ...tables.filter((name) => isOurs(tag, "table", name)),
      ...guards.filter((name) => isOurs(tag, "guard", name) || isOurs(tag, "table", name)),
    ],
    dnsmasq: servers.map(({ pid }) => pid),
  };
}
