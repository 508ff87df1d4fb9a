/** What the guard of this host's bridges is told, from the records of guests, networks and groups (pure). */
import { parseFirewallPeer } from "#contract/firewall-peer";
import type { FirewallRule } from "#contract/schema/firewall";
import type { Nic } from "#contract/schema/network";
import { linkLocalOf } from "#hypervisor/net/guard/address";
import type { GroupPlan, GuardPlan, PeerPlan, PeerRef, PortPlan } from "#hypervisor/net/guard/plan";
import { tapName } from "#hypervisor/net/names";
import type { FirewallRecord } from "./record.ts";

/** A guest, as far as firewalls care. */
export interface GuardedGuest {
  readonly id: string;
  readonly name: string;
  readonly project: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly nics: readonly Nic[];
  /** Names of groups of its project. */
  readonly firewalls?: readonly string[];
}

/** A network whose guests have taps in a bridge. */
export interface GuardedNetwork {
  readonly name: string;
  /** Whose it is; undefined where it is every project's. */
  readonly project: string | undefined;
  readonly subnets: readonly string[];
  /** The host's own addresses in it. */
  readonly gateways: readonly string[];
  /** Whether Lodge says which addresses guests have in it. */
  readonly gives: boolean;
  /** Nobody but Lodge is a router in it: its guests may choose their link-local addresses themselves. */
  readonly chosenLocals: boolean;
  /** Its guests do not see each other. */
  readonly apart: boolean;
  readonly firewalls?: readonly string[];
}

export interface Records {
  readonly tag: string;
  readonly guests: readonly GuardedGuest[];
  /** Those of other hosts: they have no ports here, and may be spoken of. */
  readonly elsewhere?: readonly GuardedGuest[];
  readonly networks: readonly GuardedNetwork[];
  readonly groups: readonly FirewallRecord[];
}

/** A group that is named and not there, as an old snapshot may name one: it lets nothing in. */
const nobody = "nobody";

/**
 * The ports of guests, as they were made last and for which networks and groups. In a cluster the record of a guest that did not change is the
 * same object (durable/store/near-store.ts), and there may be thousands.
 */
const made = new WeakMap<GuardedGuest, { readonly around: string; readonly ports: readonly PortPlan[] }>();

const own = (nic: Nic): string[] => [nic.address, nic.address6].filter((it) => it !== undefined);

export function guardPlan({ tag, guests, elsewhere = [], networks, groups }: Records): GuardPlan {
  const here = new Set(guests.map(({ id }) => id));
  // On its way from one host to another it is here already.
  const others = elsewhere.filter(({ id }) => !here.has(id));
  const networkOf = (project: string, name: string) =>
    networks.find((it) => it.name === name && (it.project === undefined || it.project === project));
  const groupOf = (project: string, name: string) =>
    groups.find((it) => it.project === project && it.name === name);
  /** Of a NIC: its guest's groups and its network's. */
  const groupsOf = (guest: GuardedGuest, network: GuardedNetwork): string[] => {
    const names = new Set([...(guest.firewalls ?? []), ...(network.firewalls ?? [])]);
    return [...names].map((name) => groupOf(guest.project, name)?.id ?? nobody);
  };

  const portsOf = (guest: GuardedGuest): PortPlan[] =>
    guest.nics.flatMap((nic) => {
      const network = networkOf(guest.project, nic.network);
      if (!network) return [];
      return [
        {
          tap: tapName(tag, guest.id, nic.id),
          mac: nic.mac,
          addresses: network.gives ? own(nic) : undefined,
          pinned: nic.pin !== "off",
          realm: guest.project,
          apart: network.apart,
          gateways: network.gateways,
          ...(network.chosenLocals ? { link: `${guest.project} ${network.name}` } : {}),
          groups: groupsOf(guest, network),
        },
      ];
    });
  const around = JSON.stringify([tag, networks, groups.map(({ id, project, name }) => [id, project, name])]);
  const ports = guests.flatMap((guest) => {
    const before = made.get(guest);
    if (before?.around === around) return before.ports;
    const ports = portsOf(guest);
    made.set(guest, { around, ports });
    return ports;
  });

  const inUse = new Set(ports.flatMap((port) => port.groups));
  const used = groups.filter(({ id }) => inUse.has(id));
  const peers = new Map<string, PeerPlan>();
  const plans = used.map((group): GroupPlan => ({
    id: group.id,
    rules: group.rules.map((rule) => {
      const { id, direction, protocol, ports: numbers, log } = rule;
      const peer = peerOf(group.project, rule);
      return { id, direction, protocol, ports: numbers, log, ...(peer ? { peer } : {}) };
    }),
  }));
  const closed = inUse.has(nobody) ? [{ id: nobody, rules: [] }] : [];
  const neighbours = others.flatMap((guest) => guest.nics.flatMap(allOf));
  return {
    tag,
    ports,
    groups: [...plans, ...closed],
    peers: [...peers.values()],
    ...(neighbours.length > 0 ? { neighbours } : {}),
  };

  function peerOf(project: string, rule: FirewallRule): PeerRef | undefined {
    const peer = parseFirewallPeer(rule.peer);
    if (peer?.kind === "any") return undefined;
    if (peer?.kind === "cidr") return { cidr: peer.cidr };
    const id = `${project} ${rule.peer}`;
    if (!peers.has(id)) peers.set(id, { id, members: peer ? members(project, peer) : [] });
    return { peer: id };
  }

  function members(
    project: string,
    peer: Exclude<ReturnType<typeof parseFirewallPeer>, undefined>,
  ): string[] {
    if (peer.kind === "network") return [...(networkOf(project, peer.name)?.subnets ?? [])];
    const theirs = [...guests, ...others].filter((guest) => guest.project === project);
    return theirs.flatMap((guest) => guest.nics.filter((nic) => speaksOf(guest, nic)).flatMap(allOf));

    function speaksOf(guest: GuardedGuest, nic: Nic): boolean {
      if (peer.kind === "guest") return guest.name === peer.name;
      if (peer.kind === "label") return guest.labels?.[peer.key] === peer.value;
      const network = networkOf(project, nic.network);
      const held = [...(guest.firewalls ?? []), ...(network?.firewalls ?? [])];
      return peer.kind === "group" && held.includes(peer.name);
    }
  }
}

const allOf = (nic: Nic): string[] => [...own(nic), linkLocalOf(nic.mac)];
