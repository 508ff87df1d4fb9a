/** What of this host's network a new network must know, so that it stays clear of it. */
import { LodgeError } from "#contract/errors";
import { ipJson, links } from "./ip.ts";
import { pickSubnet } from "./subnet.ts";

interface Route {
  readonly dst?: string;
  readonly dev?: string;
}

/** Subnets that the host has or routes; not the default route, which overlaps everything. */
async function hostSubnets(): Promise<string[]> {
  const [routes, devices] = await Promise.all([
    ipJson<Route>("-4", "route", "show", "table", "all"),
    links(),
  ]);
  const routed = routes.flatMap(({ dst }) => (dst && /^[\d.]+(\/\d+)?$/.test(dst) ? [dst] : []));
  const own = devices.flatMap((link) => link.addr_info ?? []).filter(({ family }) => family === "inet");
  return [...new Set([...routed, ...own.map(({ local, prefixlen }) => `${local}/${prefixlen}`)])];
}

/**
 * A subnet for a new network: free on this host and none of `reserved` (those of Lodge's other networks,
 * which may not be up). See pickSubnet for the seed.
 *
 * @throws LodgeError network.no_subnet.
 */
export async function chooseSubnet(
  network: string,
  seed: string,
  reserved: readonly string[],
): Promise<string> {
  const subnet = pickSubnet(seed, [...(await hostSubnets()), ...reserved]);
  if (subnet === undefined) throw new LodgeError("network.no_subnet", { network });
  return subnet;
}

/** The smallest MTU among the devices that default routes leave by; 1500 on a host without one. */
export async function uplinkMtu(): Promise<number> {
  const [routes, devices] = await Promise.all([ipJson<Route>("-4", "route", "show", "default"), links()]);
  const uplinks = new Set(routes.map(({ dev }) => dev));
  const mtus = devices.filter(({ ifname }) => uplinks.has(ifname)).map(({ mtu }) => mtu);
  return Math.min(1500, ...mtus);
}
