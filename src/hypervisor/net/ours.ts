/** What a Lodge left in the host's network, found by its names alone: the search for orphans. */
import { findProcesses } from "#base/find-process";
import { links } from "./ip.ts";
import { isOurs } from "./names.ts";
import { nftTables } from "./nft.ts";
import { servedBridge } from "./dnsmasq.ts";

export interface Ours {
  readonly bridges: readonly string[];
  /** Devices that tag frames, or take them to other hosts. */
  readonly vlans: readonly string[];
  readonly taps: readonly string[];
  /** Tables of nftables: the networks', of which some are of family bridge, the guard and the overlay's two. */
  readonly tables: readonly string[];
  /** Process ids. */
  readonly dnsmasq: readonly number[];
}

/** What of family bridge there may be. */
const guardLike = ["guard", "table", "overlay"] as const;

/** Everything in this network namespace that belongs to the Lodge with this tag. */
export async function listOurs(tag: string): Promise<Ours> {
  const [devices, tables, guards, servers] = await Promise.all([
    links(),
    nftTables("inet"),
    nftTables("bridge"),
    findProcesses((argv) => isOurs(tag, "bridge", servedBridge(argv) ?? "")),
  ]);
  const named = (kind: "bridge" | "vlan" | "tunnel" | "tap", info: string) =>
    devices
      .filter(({ ifname, linkinfo }) => linkinfo?.info_kind === info && isOurs(tag, kind, ifname))
      .map(({ ifname }) => ifname);
  return {
    bridges: named("bridge", "bridge"),
    vlans: [...named("vlan", "vlan"), ...named("tunnel", "vxlan")],
    taps: named("tap", "tun"),
    tables: [
      ...tables.filter((name) => isOurs(tag, "table", name) || isOurs(tag, "overlay", name)),
      ...guards.filter((name) => guardLike.some((kind) => isOurs(tag, kind, name))),
    ],
    dnsmasq: servers.map(({ pid }) => pid),
  };
}
