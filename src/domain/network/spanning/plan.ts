/** The overlay's plan and what guests are told of it, from the records (pure). */
import { linkLocalOf } from "#hypervisor/net/guard/address";
import {
  overhead,
  type OverlayHost,
  type OverlayNetwork,
  type OverlayPlan,
} from "#hypervisor/net/overlay/plan";
import { wireguardAddress, wireguardName, wireguardOverhead } from "#hypervisor/net/overlay/wireguard";
import { bridgeMac } from "#hypervisor/net/names";
import { deviceMtu, type NetworkPlan } from "#hypervisor/net/plan";
import type { Underlay, NetworkKind } from "#contract/schema/network";
import { isWired } from "../member.ts";
import { idOf, networkId, type NetworkRecord } from "../record.ts";
import type { RemoteMember } from "./elsewhere.ts";
import type { UnderlayHost } from "./record.ts";

/** Which networks the overlay carries; a bridge leads to what is at its uplink, on each host. */
export const spans = (kind: NetworkKind): boolean =>
  kind === "nat" || kind === "isolated" || kind === "routed";

/** What lies between the hosts, as one of them sees it. */
export interface Between {
  readonly tag: string;
  readonly self: string;
  readonly kind: Underlay["kind"];
  /** Those of the cluster that run guests, by id: how each is reached. */
  readonly hosts: ReadonlyMap<string, UnderlayHost>;
}

/** Whether the overlay is there, and with whom. Undefined: this host's networks are its own. */
export function ends({
  self,
  kind,
  hosts,
}: Between): { readonly self: OverlayHost; readonly others: readonly OverlayHost[] } | undefined {
  if (kind === "none") return undefined;
  const able = [...hosts].filter(([, { publicKey }]) => kind === "trusted" || publicKey !== undefined);
  const all = able.map(([id, { address }]): OverlayHost => ({
    id,
    address: kind === "wireguard" ? wireguardAddress(id) : address,
  }));
  const own = all.find(({ id }) => id === self);
  const others = all.filter(({ id }) => id !== self);
  return own && others.length > 0 ? { self: own, others } : undefined;
}

/** Bytes of a guest's packet that fit between any two hosts. */
export function spanMtu(between: Between): number | undefined {
  if (!ends(between)) return undefined;
  const encrypted = between.kind === "wireguard";
  const each = [...between.hosts.values()].map(({ mtu, address }) =>
    encrypted ? mtu - wireguardOverhead(address) - overhead("::") : mtu - overhead(address),
  );
  return Math.min(...each);
}

export interface Spanned {
  readonly record: NetworkRecord;
  readonly plan: NetworkPlan;
}

/** Undefined: nothing of it shall be on the host. */
export function overlayPlan(
  between: Between,
  networks: readonly Spanned[],
  elsewhere: readonly RemoteMember[],
): OverlayPlan | undefined {
  const found = ends(between);
  if (!found) return undefined;
  const { tag, kind } = between;
  const cards = new Map<string, OverlayNetwork["cards"][number][]>();
  for (const { project, nics, host } of elsewhere)
    for (const nic of nics) {
      if (!isWired(nic)) continue;
      const { mac, address, address6 } = nic;
      const id = networkId(project, nic.network);
      const own = [address, address6, linkLocalOf(mac)].filter((one) => one !== undefined);
      const others = cards.get(id);
      if (others) others.push({ mac, addresses: own, host });
      else cards.set(id, [{ mac, addresses: own, host }]);
    }
  return {
    tag,
    ...found,
    ...(kind === "wireguard" ? { through: wireguardName(tag) } : {}),
    networks: networks
      .filter(({ record }) => spans(record.kind))
      .map(({ record, plan }) => ({
        tag,
        index: plan.index,
        gatewayMac: plan.mac ?? bridgeMac(plan),
        mtu: deviceMtu(plan.mtu),
        apart: record.isolateGuests ?? false,
        // A bridge without IPv6 knows no neighbours of it.
        cards: (cards.get(idOf(record)) ?? []).map((card) => ({
          ...card,
          addresses: card.addresses.filter((one) => plan.subnet6 !== undefined || !one.includes(":")),
        })),
      })),
  };
}
