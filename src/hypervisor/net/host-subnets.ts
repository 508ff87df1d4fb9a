/** Which subnets this host already has or routes, so that ours stay clear of them. */
import { ipJson, links } from "./ip.ts";

interface Route {
  readonly dst?: string;
  readonly dev?: string;
}

/** Subnets in CIDR notation; the default route is left out, since it overlaps everything. */
export async function hostSubnets(): Promise<string[]> {
  const [routes, devices] = await Promise.all([
    ipJson<Route>("-4", "route", "show", "table", "all"),
    links(),
  ]);
  const routed = routes.flatMap(({ dst }) => (dst && /^[\d.]+(\/\d+)?$/.test(dst) ? [dst] : []));
  const own = devices.flatMap((link) => link.addr_info ?? []).filter(({ family }) => family === "inet");
  return [...new Set([...routed, ...own.map(({ local, prefixlen }) => `${local}/${prefixlen}`)])];
}

/** The smallest MTU among the devices that default routes leave by; 1500 on a host without one. */
export async function uplinkMtu(): Promise<number> {
  const [routes, devices] = await Promise.all([ipJson<Route>("-4", "route", "show", "default"), links()]);
  const uplinks = new Set(routes.map(({ dev }) => dev));
  const mtus = devices.filter(({ ifname }) => uplinks.has(ifname)).map(({ mtu }) => mtu);
  return Math.min(1500, ...mtus);
}
