/** The bridge of a network: the guests' switch, and the host's own port in it. */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { LodgeError } from "#contract/errors";
import { ipBatch, links, type Link } from "./ip.ts";
import { bridgeMac, bridgeName } from "./names.ts";
import { deviceMtu, type NetworkPlan } from "./plan.ts";
import { gatewayOf, overlaps, prefixOf } from "./subnet.ts";
import { gatewayOf6 } from "./subnet6.ts";

type BridgePlan = Pick<
  NetworkPlan,
  "tag" | "index" | "tagged" | "name" | "kind" | "mac" | "subnet" | "subnet6" | "mtu" | "uplink"
>;

/** The host's addresses on the bridge, with the length of their networks. */
function hostAddresses({ subnet, subnet6 }: BridgePlan): {
  readonly inet: string[];
  readonly inet6: string[];
} {
  return {
    inet: subnet === undefined ? [] : [`${gatewayOf(subnet)}/${prefixOf(subnet)}`],
    inet6: subnet6 === undefined ? [] : [`${gatewayOf6(subnet6)}/64`],
  };
}

function addressChanges(plan: BridgePlan, bridge: string, found: Link | undefined): string[] {
  const wanted = hostAddresses(plan);
  const commands: string[] = [];
  for (const family of ["inet", "inet6"] as const) {
    // A link-local address is the kernel's affair.
    const addresses = (found?.addr_info ?? []).filter((one) => one.family === family && one.scope !== "link");
    const present = addresses.map(({ local, prefixlen }) => `${local}/${prefixlen}`);
    for (const other of present.filter((address) => !wanted[family].includes(address)))
      commands.push(`address del ${other} dev ${bridge}`);
    for (const address of wanted[family].filter((one) => !present.includes(one)))
      commands.push(`address add ${address} ${family === "inet" ? "brd +" : "nodad"} dev ${bridge}`);
  }
  return commands;
}

/** What `ip -batch` must be told to make the bridge what the plan says; nothing when it already is. */
export function bridgeChanges(plan: BridgePlan, found: Link | undefined): string[] {
  const bridge = bridgeName(plan);
  const commands: string[] = [];
  const data = found?.linkinfo?.info_data;
  if (!found) {
    commands.push(`link add name ${bridge} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`);
  } else if (data?.stp_state !== 0 || data.forward_delay !== 0) {
    commands.push(`link set dev ${bridge} type bridge stp_state 0 forward_delay 0`);
  }
  const own = plan.mac ?? bridgeMac(plan);
  if (found?.address !== own) commands.push(`link set dev ${bridge} address ${own}`);
  const mtu = plan.kind === "bridge" ? plan.mtu : deviceMtu(plan.mtu);
  if (found?.mtu !== mtu) commands.push(`link set dev ${bridge} mtu ${mtu}`);
  // A link-local address is what router advertisements come from; without IPv6 the host has none on the bridge.
  const mode = plan.subnet6 === undefined ? "none" : "eui64";
  if (found?.inet6_addr_gen_mode !== mode) commands.push(`link set dev ${bridge} addrgenmode ${mode}`);
  commands.push(...addressChanges(plan, bridge, found));
  if (!found?.flags.includes("UP")) commands.push(`link set dev ${bridge} up`);
  return commands;
}

/** The device that already has an address in the plan's subnet, if another one than its bridge does. */
export function subnetHolder(plan: BridgePlan, devices: readonly Link[]): string | undefined {
  const { subnet } = plan;
  if (subnet === undefined) return undefined;
  const holder = devices.find(
    ({ ifname, addr_info }) =>
      ifname !== bridgeName(plan) &&
      addr_info?.some(
        ({ family, local, prefixlen }) => family === "inet" && overlaps(subnet, `${local}/${prefixlen}`),
      ),
  );
  return holder?.ifname;
}

/**
 * What the kernel makes of IPv6 on a new bridge, whatever the host has as its usual way: nothing at all without a
 * subnet, and never what a guest that plays the router tells.
 */
async function settle(bridge: string, has6: boolean): Promise<void> {
  const folder = `/proc/sys/net/ipv6/conf/${bridge}`;
  if (!existsSync(folder)) return;
  await writeFile(`${folder}/disable_ipv6`, has6 ? "0" : "1");
  for (const setting of ["accept_ra", "autoconf", "accept_redirects"])
    await writeFile(`${folder}/${setting}`, "0");
}

/**
 * Makes or repairs the bridge; true when it was made.
 *
 * @throws LodgeError network.subnet_in_use, network.setup_failed (the name belongs to something else),
 *   host.command_*.
 */
export async function ensureBridge(plan: BridgePlan): Promise<boolean> {
  const devices = await links();
  const holder = subnetHolder(plan, devices);
  if (holder !== undefined) {
    const { name: network, subnet = "" } = plan;
    throw new LodgeError("network.subnet_in_use", { network, subnet, device: holder });
  }
  const found = devices.find(({ ifname }) => ifname === bridgeName(plan));
  if (found && found.linkinfo?.info_kind !== "bridge") {
    const reason = `there is a device ${found.ifname}, and it is no bridge`;
    throw new LodgeError("network.setup_failed", { network: plan.name, reason });
  }
  const [first = "", ...others] = bridgeChanges(plan, found);
  if (!found) {
    await ipBatch([first]);
    await settle(bridgeName(plan), plan.subnet6 !== undefined);
    await ipBatch(others);
  } else if (first !== "") await ipBatch([first, ...others]);
  return !found;
}
