/**
 * Ends what a changed plan allows no more: flows are remembered by whom a rule let begin, and their answers pass by that
 * memory. So where a rule went, or somebody it spoke of, the flows of the ports that it held for are looked through, and
 * those that nothing allows any more are forgotten. What a guest sends in one that was begun from outside is dropped from
 * then on, or it would count as begun by the guest.
 */
import { BlockList, isIPv6 } from "node:net";
import { isV6 } from "./address.ts";
import { endedSet, flowSet, talkSet } from "./names.ts";
import type { Direction, GuardPlan, PortPlan, RulePlan } from "./plan.ts";

const directions: readonly Direction[] = ["in", "out"];
const families = [4, 6] as const;

/** One that is remembered; ports only where its protocol has them. */
export interface Flow {
  /** As nft takes it: "10.0.0.3 . tcp . 80 . 5005". */
  readonly key: string;
  readonly remote: string;
  readonly protocol: string;
  readonly guestPort?: number;
  readonly remotePort?: number;
}

/** As `nft -j` tells it. */
export interface ListedFlows {
  readonly name: string;
  readonly elem?: readonly {
    readonly elem?: { readonly val?: { readonly concat?: readonly (string | number)[] } };
  }[];
}

export function parseFlows({ elem = [] }: ListedFlows): Flow[] {
  return elem.flatMap(({ elem: one }) => {
    const [remote, protocol, guestPort, remotePort] = one?.val?.concat ?? [];
    if (typeof remote !== "string" || protocol === undefined) return [];
    const key = [remote, protocol, guestPort, remotePort].filter((part) => part !== undefined).join(" . ");
    const ports =
      guestPort === undefined ? {} : { guestPort: Number(guestPort), remotePort: Number(remotePort) };
    return [{ key, remote, protocol: String(protocol), ...ports }];
  });
}

/** Ports of which something that was allowed is allowed no more, or may be: `before` is not known of an earlier daemon's. */
export function narrowed(before: GuardPlan | undefined, now: GuardPlan): PortPlan[] {
  const judged = now.ports.filter(({ groups }) => groups.length > 0);
  if (!before) return judged;
  const ports = new Map(before.ports.map((port) => [port.tap, port]));
  const lost = lessIn(before, now);
  return judged.filter((port) => {
    const groups = ports.get(port.tap)?.groups ?? [];
    if (groups.length === 0) return false;
    const first = !saysOut(before, groups) && saysOut(now, port.groups);
    return first || groups.some((group) => !port.groups.includes(group) || lost(group));
  });
}

const rulesOf = ({ groups }: GuardPlan, of: readonly string[]): RulePlan[] =>
  groups.filter(({ id }) => of.includes(id)).flatMap(({ rules }) => rules);
const saysOut = (plan: GuardPlan, groups: readonly string[]): boolean =>
  rulesOf(plan, groups).some(({ direction }) => direction === "out");

/** Whether a group allows less than before. */
function lessIn(before: GuardPlan, now: GuardPlan): (group: string) => boolean {
  const members = ({ peers }: GuardPlan) => new Map(peers.map((peer) => [peer.id, new Set(peer.members)]));
  const [then, since] = [members(before), members(now)];
  const shrunk = (peer: string) => [...(then.get(peer) ?? [])].some((one) => !since.get(peer)?.has(one));
  const grant = ({ direction, protocol, ports, peer }: RulePlan) =>
    JSON.stringify([direction, protocol, ports, peer ?? null]);
  const known = new Map<string, boolean>();
  return (group) => {
    const found = known.get(group);
    if (found !== undefined) return found;
    const kept = new Set(rulesOf(now, [group]).map(grant));
    const less = rulesOf(before, [group]).some(
      (rule) => !kept.has(grant(rule)) || (rule.peer && "peer" in rule.peer && shrunk(rule.peer.peer)),
    );
    known.set(group, less);
    return less;
  };
}

/** Is this the name of a set of flows? See names.ts. */
export const isFlowSet = (name: string): boolean => /^(in|out)[46]t?_/.test(name);

/** What nft has to be told so that what a port's groups do not allow ends; `at` is the table. */
export function endings(
  at: string,
  plan: GuardPlan,
  port: PortPlan,
  flows: ReadonlyMap<string, readonly Flow[]>,
): string[] {
  return directions.flatMap((direction) => {
    const may = judge(plan, port, direction);
    return families.flatMap((family) => {
      const [withPorts, without] = [
        flowSet(direction, family, port.tap),
        talkSet(direction, family, port.tap),
      ];
      const gone = (set: string) => (flows.get(set) ?? []).filter((flow) => !may(flow));
      const ended = direction === "in" ? gone(withPorts) : [];
      return [
        ...forget(at, withPorts, gone(withPorts)),
        ...forget(at, without, gone(without)),
        ...(ended.length > 0
          ? [`add element ${at} ${endedSet(family, port.tap)} { ${ended.map(closed).join(", ")} }`]
          : []),
      ];
    });
  });
}

/** For as long as a guest's own system goes on with a connection that nobody answers. */
const closed = ({ key, protocol }: Flow): string => `${key} timeout ${protocol === "tcp" ? "20m" : "3m"}`;

/** One that ended by itself meanwhile is put there first: nothing that is not there can be deleted. */
function forget(at: string, set: string, flows: readonly Flow[]): string[] {
  if (flows.length === 0) return [];
  const elements = `${at} ${set} { ${flows.map(({ key }) => key).join(", ")} }`;
  return [`add element ${elements}`, `delete element ${elements}`];
}

function judge(plan: GuardPlan, port: PortPlan, direction: Direction): (flow: Flow) => boolean {
  if (direction === "out" && !saysOut(plan, port.groups)) return () => true;
  const members = new Map(plan.peers.map((peer) => [peer.id, listOf(peer.members)]));
  const rules = rulesOf(plan, port.groups).filter((rule) => rule.direction === direction);
  const tests = rules.map(({ protocol, ports, peer }) => {
    const who = peer && ("cidr" in peer ? listOf([peer.cidr]) : (members.get(peer.peer) ?? new BlockList()));
    const ranges = ports.map((text) => text.split("-").map(Number));
    return (flow: Flow) => {
      const asked = (direction === "in" ? flow.guestPort : flow.remotePort) ?? 0;
      return (
        (protocol === "any" || protocol === flow.protocol.replace("ipv6-", "")) &&
        (ranges.length === 0 ||
          ranges.some(([first = 0, last = first]) => first <= asked && asked <= last)) &&
        (who === undefined || who.check(flow.remote, isIPv6(flow.remote) ? "ipv6" : "ipv4"))
      );
    };
  });
  // What the host's own names and pings began; see portChains().
  const hosts = (flow: Flow) =>
    port.gateways.includes(flow.remote) &&
    (direction === "out" ? flow.remotePort === 53 : flow.protocol.endsWith("icmp"));
  return (flow) => hosts(flow) || tests.some((fits) => fits(flow));
}

function listOf(members: readonly string[]): BlockList {
  const list = new BlockList();
  for (const member of members) {
    const [address = "", bits] = member.split("/");
    const family = isV6(member) ? "ipv6" : "ipv4";
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}
