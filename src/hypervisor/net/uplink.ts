/**
 * What leads out of a network of kind bridge: a network card of the host's, or a bridge that somebody else made,
 * each with or without a VLAN tag.
 *
 *   uplink                     the guests' bridge         what is a port of it
 *   card eth1                  Lodge's                    eth1
 *   card eth1, tag 30          Lodge's                    lgv…, a VLAN's device over eth1
 *   bridge br0                 br0 itself                 what it has
 *   bridge br0, tag 30         Lodge's                    lgv… over br0
 *
 * A port of a bridge has no address and no route of its own any more, so a card without a tag must have none:
 * the host would be cut off. Over a tag all stays with the card as it is.
 */
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { LodgeError } from "#contract/errors";
import { ipBatch, ipJson, links, type Link } from "./ip.ts";
import { bridgeName, vlanName } from "./names.ts";
import { isForeign, type NetworkPlace, type NetworkPlan, type Uplink } from "./plan.ts";

interface Route {
  readonly dst?: string;
  readonly dev?: string;
}

const isLodges = (device: string): boolean => /^(ldg|lgv)[a-z0-9]{4}/.test(device);

/** Why this device cannot be an uplink, and what to do; undefined where it can. Pure. */
export function uplinkObstacle(
  { device, vlan }: Uplink,
  devices: readonly Link[],
  routes: readonly Route[],
): { readonly reason: string; readonly hint: string } | undefined {
  const refuse = (reason: string, hint: string) => ({ reason, hint });
  const found = devices.find(({ ifname }) => ifname === device);
  if (!found) return refuse("there is no such device", "'ip link' lists this host's devices");
  if (isLodges(device)) return refuse("it is Lodge's own", "name a network card or a bridge of the host's");
  if (found.flags.includes("LOOPBACK") || found.flags.includes("NOARP"))
    return refuse("it carries no Ethernet frames", "name a network card or a bridge of the host's");
  if (found.linkinfo?.info_kind === "bridge" || vlan !== undefined) return undefined;
  if (existsSync(`/sys/class/net/${device}/phy80211`))
    return refuse("a wireless card cannot be in a bridge", "use a network of kind nat or routed");
  if (found.master !== undefined)
    return refuse(`it is in ${found.master} already`, `name ${found.master} as the uplink`);
  const over = "make a bridge over it yourself and name that, or give a VLAN tag";
  if (routes.some(({ dst, dev }) => dev === device && dst === "default"))
    return refuse("the host's default route goes by it", over);
  const own = found.addr_info?.find(({ scope }) => scope !== "link");
  if (own) return refuse(`the host has the address ${own.local} on it`, over);
  return undefined;
}

/** Looks at the device that a user named. @throws LodgeError network.uplink_unfit */
export async function inspectUplink(uplink: Uplink): Promise<Uplink & { readonly mtu: number }> {
  const [devices, four, six] = await Promise.all([
    links(),
    ipJson<Route>("-4", "route", "show", "default"),
    ipJson<Route>("-6", "route", "show", "default"),
  ]);
  const obstacle = uplinkObstacle(uplink, devices, [...four, ...six]);
  if (obstacle) throw new LodgeError("network.uplink_unfit", { device: uplink.device, ...obstacle });
  const found = devices.find(({ ifname }) => ifname === uplink.device)!;
  const { device, vlan } = uplink;
  return {
    device,
    ...(vlan === undefined ? {} : { vlan }),
    ...(found.linkinfo?.info_kind === "bridge" ? { isBridge: true } : {}),
    mtu: found.mtu,
  };
}

/** The device that is the uplink's port of the guests' bridge; undefined where the bridge is the host's own. */
export const uplinkPort = (
  plan: Pick<NetworkPlan, "tag" | "index" | "tagged" | "uplink">,
): string | undefined => {
  if (!plan.uplink || isForeign(plan)) return undefined;
  return plan.uplink.vlan === undefined ? plan.uplink.device : vlanName(plan);
};

const noteFile = (directory: string): string => join(directory, "uplink-was-down");

/** Puts the uplink into the network's bridge, which must be there. @throws LodgeError network.uplink_unfit */
export async function ensureUplink(plan: NetworkPlan): Promise<void> {
  const { uplink, directory } = plan;
  const port = uplinkPort(plan);
  if (!uplink || port === undefined) return;
  const devices = await links();
  const device = devices.find(({ ifname }) => ifname === uplink.device);
  const bridge = bridgeName(plan);
  // Whoever gave it an address or took it elsewhere meanwhile is told, and not cut off.
  if (!device || (uplink.vlan === undefined && device.master !== bridge)) await inspectUplink(uplink);
  if (!device!.flags.includes("UP")) await writeFile(noteFile(directory), "");
  const commands = [`link set dev ${uplink.device} up`];
  const found = devices.find(({ ifname }) => ifname === port);
  if (uplink.vlan !== undefined) {
    const right = found?.link === uplink.device && found.linkinfo?.info_data?.id === uplink.vlan;
    if (found && !right) commands.push(`link del dev ${port}`);
    if (!right) commands.push(`link add link ${uplink.device} name ${port} type vlan id ${uplink.vlan}`);
  }
  if (found?.master !== bridge) commands.push(`link set dev ${port} master ${bridge}`);
  await ipBatch([...commands, `link set dev ${port} up`]);
}

/** Gives the host its device back as it was. What is gone already is no error. */
export async function releaseUplink(place: NetworkPlace): Promise<void> {
  const { uplink, directory } = place;
  const port = uplinkPort(place);
  if (!uplink || port === undefined) return;
  const devices = await links();
  const wasDown = await readFile(noteFile(directory), "utf8").then(
    () => true,
    () => false,
  );
  const has = (name: string) => devices.find(({ ifname }) => ifname === name);
  const commands: string[] = [];
  if (uplink.vlan !== undefined && has(port)) commands.push(`link del dev ${port}`);
  if (uplink.vlan === undefined && has(port)?.master === bridgeName(place))
    commands.push(`link set dev ${port} nomaster`);
  if (wasDown && has(uplink.device)) commands.push(`link set dev ${uplink.device} down`);
  await ipBatch(commands);
}
