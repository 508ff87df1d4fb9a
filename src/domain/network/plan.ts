/** A network's record as the plan by which it is set up on this host. */
import { join } from "node:path";
import { hasIpv6 } from "#hypervisor/net/forwarding";
import { linkLocalOf } from "#hypervisor/net/guard/address";
import { bridgeMac } from "#hypervisor/net/names";
import type { NetworkPlan, PublishedPort } from "#hypervisor/net/plan";
import { gatewayOf, prefixOf } from "#hypervisor/net/subnet";
import { gatewayOf6 } from "#hypervisor/net/subnet6";
import type { GuardedNetwork } from "../firewall/plan.ts";
import { guestDomain, idOf, networkOwner, type NetworkRecord } from "./record.ts";

/** What of this host a plan depends on. */
export interface Ground {
  readonly tag: string;
  /** Folder for each network's own files. */
  readonly folder: string;
  /** Of the host's way out. */
  readonly mtu: number;
  /** Has the host a way out by IPv6? */
  readonly leadsOut6: boolean;
  /** Bytes that fit between the hosts of a cluster, where networks span them. */
  readonly spanMtu?: number | undefined;
}

/** What guests are told where nobody said it. */
const usualMtu = (kind: NetworkRecord["kind"], { mtu, spanMtu }: Pick<Ground, "mtu" | "spanMtu">): number => {
  const usual = kind === "isolated" ? 1500 : mtu;
  return kind === "bridge" || spanMtu === undefined ? usual : Math.min(usual, spanMtu);
};

/** Does the host lead this network's IPv6 on? */
const forwards6 = ({ kind, subnet6 }: NetworkRecord, { leadsOut6 }: Pick<Ground, "leadsOut6">): boolean =>
  subnet6 !== undefined && (kind === "routed" || (kind === "nat" && leadsOut6));

/** Undefined for user mode: there is nothing of it on the host. */
export function planOf(
  record: NetworkRecord,
  ground: Ground,
  publishes: readonly PublishedPort[],
): NetworkPlan | undefined {
  const { name, kind, index, mac, subnet, subnet6, uplink, dns, gateway, routes } = record;
  if (kind === "user") return undefined;
  // Where somebody else answers in it, the host has no address in it.
  const own = record.dhcp !== false;
  return {
    tag: ground.tag,
    index,
    name,
    kind,
    ...(mac === undefined ? {} : { mac }),
    ...(subnet !== undefined && own ? { subnet } : {}),
    ...(subnet6 !== undefined && own && hasIpv6() ? { subnet6, forwards6: forwards6(record, ground) } : {}),
    ...(uplink ? { uplink } : {}),
    mtu: record.mtu ?? usualMtu(kind, ground),
    domain: record.domain ?? guestDomain,
    ...(dns && dns.length > 0 ? { dnsServers: dns } : {}),
    ...(gateway === undefined ? {} : { gateway }),
    ...(routes ? { routes } : {}),
    publishes,
    directory: join(ground.folder, idOf(record)),
  };
}

/** What a guest's NIC needs to know to configure itself. */
export interface NicSettings {
  readonly address: string;
  readonly prefix: number;
  readonly gateway?: string;
  readonly address6?: string;
  readonly gateway6?: string;
  readonly mtu?: number;
}

/** Whom guests send through, in IPv4. */
export function gatewayIn({ kind, subnet, gateway }: NetworkRecord): string | undefined {
  if (kind === "bridge") return gateway;
  return kind === "isolated" || subnet === undefined ? undefined : gatewayOf(subnet);
}

/** Undefined where others tell the guest its address. */
export function settingsOf(
  record: NetworkRecord,
  nic: { readonly address?: string; readonly address6?: string; readonly mtu?: number },
  ground: Pick<Ground, "leadsOut6" | "mtu" | "spanMtu">,
): NicSettings | undefined {
  const { subnet, subnet6 } = record;
  const { address, address6 } = nic;
  // Over one host alone the usual one needs no word.
  const spanned = ground.spanMtu === undefined ? undefined : usualMtu(record.kind, ground);
  const mtu = nic.mtu ?? record.mtu ?? spanned;
  if (subnet === undefined || address === undefined) return undefined;
  const gateway = gatewayIn(record);
  const six = address6 !== undefined && subnet6 !== undefined;
  return {
    address,
    prefix: prefixOf(subnet),
    ...(gateway === undefined ? {} : { gateway }),
    ...(six ? { address6 } : {}),
    ...(six && forwards6(record, ground) ? { gateway6: gatewayOf6(subnet6) } : {}),
    ...(mtu === undefined ? {} : { mtu }),
  };
}

/** The network as the guard of bridges sees it; undefined where guests have no tap. */
export function guardedNetwork(record: NetworkRecord, ground: Ground): GuardedNetwork | undefined {
  const plan = planOf(record, ground, []);
  if (!plan) return undefined;
  const { name, kind, subnet, subnet6, gateway, firewalls = [] } = record;
  const { project } = networkOwner(record) as { project?: string };
  const local = plan.subnet6 === undefined ? undefined : linkLocalOf(plan.mac ?? bridgeMac(plan));
  const own = [
    plan.subnet && gatewayOf(plan.subnet),
    plan.subnet6 && gatewayOf6(plan.subnet6),
    local,
    gateway,
  ];
  return {
    name,
    project,
    subnets: [subnet, subnet6].filter((each) => each !== undefined),
    gateways: own.filter((each) => each !== undefined),
    gives: subnet !== undefined,
    chosenLocals: kind !== "bridge",
    apart: record.isolateGuests ?? false,
    firewalls,
  };
}
