/**
 * Flows that a guest takes along when it moves: the host that it leaves says which go through it, and the host that it
 * comes to has them before the guest's first packet. Those that it had by a third host stay with that one.
 */
import { isIP } from "node:net";
import { written } from "../guard/address.ts";
import { list } from "../nft.ts";
import { overlayTable } from "../names.ts";
import { conntrackText, flowsIn, type Ends, type Flow } from "./conntrack.ts";
import type { OverlayHost } from "./plan.ts";
import { families, longest, waySet, type Family } from "./ways.ts";

export interface CarriedFlow extends Flow {
  /** The id of the host that it goes through. */
  readonly by: string;
}

/** As `nft -j list sets` tells a set. */
interface ListedSet {
  readonly name: string;
  readonly elem?: readonly {
    readonly elem?: {
      readonly val?: { readonly concat?: readonly (string | number)[] };
      readonly expires?: number;
    };
  }[];
}

/** What a set of ways says of a guest. Pure. */
export function waysIn({ elem = [] }: ListedSet, by: string, addresses: ReadonlySet<string>): CarriedFlow[] {
  return elem.flatMap(({ elem: one }) => {
    const [guest, remote, protocol, guestPort, remotePort] = one?.val?.concat ?? [];
    if (typeof guest !== "string" || typeof remote !== "string" || !addresses.has(written(guest))) return [];
    const flow = { guest, remote, guestPort: Number(guestPort), remotePort: Number(remotePort) };
    return [{ ...flow, protocol: String(protocol) as Flow["protocol"], seconds: one?.expires ?? 1, by }];
  });
}

/** What a guest has through other hosts, as this one's bridge knows it. @throws LodgeError host.command_* */
export async function flowsByOthers(
  tag: string,
  others: readonly OverlayHost[],
  addresses: readonly string[],
): Promise<CarriedFlow[]> {
  const own = new Set(addresses.map(written));
  const names = new Map(
    others.flatMap(({ id }) => families.map((family) => [waySet(family, id), id] as const)),
  );
  if (names.size === 0) return [];
  const sets = await list<ListedSet>("set", "sets", "table", "bridge", overlayTable(tag));
  return sets.flatMap((set) => {
    const by = names.get(set.name);
    return by === undefined ? [] : waysIn(set, by, own);
  });
}

/** All that a guest has through this host and others. @throws LodgeError host.command_* */
export async function carriedFlows(
  tag: string,
  self: OverlayHost,
  others: readonly OverlayHost[],
  ends: Ends,
): Promise<CarriedFlow[]> {
  const [text, byOthers] = await Promise.all([conntrackText(), flowsByOthers(tag, others, ends.addresses)]);
  // Where br_netfilter is on, conntrack knows also what only passed this host's bridge.
  const passed = new Set(byOthers.map(keyOf));
  const through = flowsIn(text, ends).filter((flow) => !passed.has(keyOf(flow)));
  return [...through.map((flow) => ({ ...flow, by: self.id })), ...byOthers];
}

/** Of what another host says only what is a flow of these addresses is taken: it becomes words for nft. */
const isOwnFlow = (flow: CarriedFlow, own: ReadonlySet<string>): boolean =>
  own.has(written(flow.guest)) &&
  isIP(flow.guest) === isIP(flow.remote) &&
  protocols.has(flow.protocol) &&
  [flow.guestPort, flow.remotePort].every((port) => Number.isInteger(port) && port >= 0 && port < 65_536) &&
  Number.isFinite(flow.seconds);

export const ownFlows = (flows: readonly CarriedFlow[], addresses: readonly string[]): CarriedFlow[] => {
  const own = new Set(addresses.map(written));
  return flows.filter((flow) => isOwnFlow(flow, own));
};

const protocols: ReadonlySet<string> = new Set(["tcp", "udp", "sctp", "dccp", "udplite"]);

const familyOf = (address: string): Family => (address.includes(":") ? 6 : 4);

/**
 * What nft has to be told so that a guest's flows are these and no others; those through this host itself need nothing.
 * `old`: what flowsByOthers() says. Pure.
 */
export function carriedText(
  tag: string,
  others: readonly OverlayHost[],
  old: readonly CarriedFlow[],
  flows: readonly CarriedFlow[],
): string {
  const at = `bridge ${overlayTable(tag)}`;
  const lines = others.flatMap(({ id }) =>
    families.flatMap((family) => {
      const ofSet = (some: readonly CarriedFlow[]) =>
        some.filter(({ by, guest }) => by === id && familyOf(guest) === family);
      const fresh = new Map(ofSet(flows).map((flow) => [keyOf(flow), flow.seconds]));
      const gone = [...new Set([...ofSet(old).map(keyOf), ...fresh.keys()])];
      const element = (keys: readonly string[]) =>
        `element ${at} ${waySet(family, id)} { ${keys.join(", ")} }`;
      const kept = [...fresh].map(
        ([key, seconds]) => `${key} timeout ${Math.min(Math.max(1, Math.ceil(seconds)), longest)}s`,
      );
      return [
        // Nothing that is not there can be deleted, and what is there keeps its time when it is added once more.
        ...(gone.length > 0 ? [`add ${element(gone)}`, `delete ${element(gone)}`] : []),
        ...(kept.length > 0 ? [`add ${element(kept)}`] : []),
      ];
    }),
  );
  return lines.map((line) => `${line}\n`).join("");
}

const keyOf = ({ guest, remote, protocol, guestPort, remotePort }: Flow): string =>
  `${guest} . ${remote} . ${protocol} . ${guestPort} . ${remotePort}`;
