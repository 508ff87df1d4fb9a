/**
 * A network as a whole: bridge, uplink, forwarding, rules, DHCP and DNS.
 *
 * Nothing about it is remembered in memory. A daemon that starts calls `ensureNetwork` again: what is as
 * it should be stays untouched (guests notice nothing), what is missing or wrong is repaired. Calls about one
 * network must not overlap: the caller queues them.
 */
import { mkdir, rm } from "node:fs/promises";
import { hasCode, LodgeError } from "#contract/errors";
import { ensureBridge } from "./bridge.ts";
import { mayAdministerNetwork } from "./capabilities.ts";
import { ensureDnsmasq, stopDnsmasq } from "./dnsmasq.ts";
import { ensureForwarding, ensureForwarding6, releaseForwarding } from "./forwarding.ts";
import { ipBatch, links } from "./ip.ts";
import { bridgeName, isOurs, tunnelName } from "./names.ts";
import { nftApply } from "./nft.ts";
import { isForeign, type NetworkPlace, type NetworkPlan, type PublishedPort } from "./plan.ts";
import { removalOf, rulesText } from "./rules.ts";
import { deleteTap } from "./tap.ts";
import { ensureUplink, inspectUplink, releaseUplink } from "./uplink.ts";

export interface HostNetwork {
  /** What guests' taps are put into. */
  readonly bridge: string;
  /** dnsmasq's process id, where the network has a subnet. */
  readonly dnsmasq?: number;
}

/** The bridge that guests' taps are put into. */
export const bridgeOf = (place: Pick<NetworkPlan, "tag" | "index" | "tagged" | "uplink">): string =>
  isForeign(place) ? place.uplink!.device : bridgeName(place);

/**
 * Sets the network up, or repairs it. Rules come before the bridge is there, so that no guest is ever
 * connected without them.
 *
 * @throws LodgeError network.unprivileged, network.subnet_in_use, network.uplink_unfit, network.setup_failed
 *   (detail: what the program said), host.command_missing.
 */
export async function ensureNetwork(plan: NetworkPlan): Promise<HostNetwork> {
  if (!(await mayAdministerNetwork())) throw new LodgeError("network.unprivileged", { kind: plan.kind });
  return told(plan, async () => {
    if (isForeign(plan)) {
      await inspectUplink(plan.uplink!);
      return { bridge: bridgeOf(plan) };
    }
    await mkdir(plan.directory, { recursive: true });
    await nftApply(rulesText(plan));
    // A dnsmasq left from an earlier bridge still listens on that one, and would hear nothing.
    if (await ensureBridge(plan)) await stopDnsmasq(plan);
    await ensureUplink(plan);
    if (plan.kind === "nat" || plan.kind === "routed") await ensureForwarding(plan);
    if (plan.forwards6) await ensureForwarding6();
    const { subnet } = plan;
    if (subnet === undefined) return { bridge: bridgeName(plan) };
    return { bridge: bridgeName(plan), dnsmasq: await ensureDnsmasq({ ...plan, subnet }) };
  });
}

/**
 * Replaces the published ports of an existing network, all at once. Some 25 ms, in most of which the kernel waits.
 *
 * @throws LodgeError network.setup_failed.
 */
export async function setPublishes(plan: NetworkPlan, publishes: readonly PublishedPort[]): Promise<void> {
  await told(plan, () => nftApply(rulesText({ ...plan, publishes })));
}

/** Removes a network, its taps and its folder. What is gone already is no error. */
export async function removeNetwork(place: NetworkPlace): Promise<void> {
  if (isForeign(place)) return;
  await stopDnsmasq(place);
  const bridge = bridgeName(place);
  const devices = await links();
  const taps = devices.filter(({ ifname, master }) => master === bridge && isOurs(place.tag, "tap", ifname));
  await deleteTap(...taps.map(({ ifname }) => ifname));
  await releaseUplink(place);
  const tunnel = tunnelName(place);
  if (devices.some(({ ifname }) => ifname === tunnel)) await ipBatch([`link del dev ${tunnel}`]);
  if (devices.some(({ ifname }) => ifname === bridge)) await ipBatch([`link del dev ${bridge}`]);
  await nftApply(removalOf(place));
  await releaseForwarding();
  await rm(place.directory, { recursive: true, force: true });
}

async function told<T>(plan: NetworkPlan, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!hasCode(error, "host.command_failed", "host.command_timeout")) throw error;
    const params = { network: plan.name, reason: `'${error.params["command"]}' refused it` };
    throw new LodgeError("network.setup_failed", params, { cause: error, detail: error.detail });
  }
}
