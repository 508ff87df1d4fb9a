/** What of this host's network a new network must know, so that it stays clear of it. */
import { LodgeError } from "#contract/errors";
import { ipJson, links } from "./ip.ts";
import { overlaps, pickSubnet } from "./subnet.ts";
import { overlaps6 } from "./subnet6.ts";

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

/**
 * Throws where a subnet that a user named, of either family, is one that this host has or routes, or none of a
 * network at all. `reserved`: those of Lodge's other networks.
 *
 * @throws LodgeError network.overlaps
 */
export async function requireClear(subnet: string, reserved: readonly string[]): Promise<void> {
  const refuse = (reason: string) => new LodgeError("network.overlaps", { subnet, reason });
  const six = subnet.includes(":");
  const meet = six ? overlaps6 : overlaps;
  const special = (six ? special6 : special4).find((other) => meet(subnet, other));
  if (special !== undefined) throw refuse(`${special} is set apart for other uses`);
  const other = reserved.find((one) => meet(subnet, one));
  if (other !== undefined) throw refuse(`another network has ${other}`);
  const known = six ? await hostSubnets6() : await hostSubnets();
  const own = known.find((one) => meet(subnet, one));
  if (own !== undefined) throw refuse(`this host knows ${own} already`);
}

/** Loopback, link-local, multicast and their like: see the registries of RFC 6890. */
const special4 = ["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"];
const special6 = ["fe80::/10", "ff00::/8", "::/8"];

async function hostSubnets6(): Promise<string[]> {
  const routes = await ipJson<Route>("-6", "route", "show", "table", "all");
  return routes.flatMap(({ dst }) => (dst !== undefined && dst.includes(":") ? [dst] : []));
}

/** The smallest MTU among the devices that default routes leave by; 1500 on a host without one. */
export async function uplinkMtu(): Promise<number> {
  const [routes, devices] = await Promise.all([ipJson<Route>("-4", "route", "show", "default"), links()]);
  const uplinks = new Set(routes.map(({ dev }) => dev));
  const mtus = devices.filter(({ ifname }) => uplinks.has(ifname)).map(({ mtu }) => mtu);
  return Math.min(1500, ...mtus);
}
