/** The bridge of a NAT network: the guests' switch, and the host's own port in it. */
import { LodgeError } from "#contract/errors";
import { ipBatch, links, type Link } from "./ip.ts";
import { bridgeMac, bridgeName } from "./names.ts";
import type { NatPlan } from "./plan.ts";
import { gatewayOf, overlaps, prefixOf } from "./subnet.ts";

type BridgePlan = Pick<NatPlan, "tag" | "index" | "name" | "subnet" | "mtu">;

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
  if (found?.address !== bridgeMac(plan)) commands.push(`link set dev ${bridge} address ${bridgeMac(plan)}`);
  if (found?.mtu !== plan.mtu) commands.push(`link set dev ${bridge} mtu ${plan.mtu}`);
  // No IPv6 address of the host's on the bridge: guests reach the host by IPv4 and its rules alone.
  if (found?.inet6_addr_gen_mode !== "none") commands.push(`link set dev ${bridge} addrgenmode none`);
  const wanted = `${gatewayOf(plan.subnet)}/${prefixOf(plan.subnet)}`;
  const addresses = (found?.addr_info ?? []).filter(({ family }) => family === "inet");
  const present = addresses.map(({ local, prefixlen }) => `${local}/${prefixlen}`);
  for (const other of present.filter((address) => address !== wanted)) {
    commands.push(`address del ${other} dev ${bridge}`);
  }
  if (!present.includes(wanted)) commands.push(`address add ${wanted} brd + dev ${bridge}`);
  if (!found?.flags.includes("UP")) commands.push(`link set dev ${bridge} up`);
  return commands;
}

/** The device that already has an address in the plan's subnet, if another one than its bridge does. */
export function subnetHolder(plan: BridgePlan, devices: readonly Link[]): string | undefined {
  const holder = devices.find(
    ({ ifname, addr_info }) =>
      ifname !== bridgeName(plan) &&
      addr_info?.some(
        ({ family, local, prefixlen }) => family === "inet" && overlaps(plan.subnet, `${local}/${prefixlen}`),
      ),
  );
  return holder?.ifname;
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
    const { name: network, subnet } = plan;
    throw new LodgeError("network.subnet_in_use", { network, subnet, device: holder });
  }
  const found = devices.find(({ ifname }) => ifname === bridgeName(plan));
  if (found && found.linkinfo?.info_kind !== "bridge") {
    const reason = `there is a device ${found.ifname}, and it is no bridge`;
    throw new LodgeError("network.setup_failed", { network: plan.name, reason });
  }
  await ipBatch(bridgeChanges(plan, found));
  return !found;
}
