/**
 * Firewall groups as chains of the bridge: what reaches a guest's tap and what leaves it passes here, whether it
 * comes from a neighbour on the bridge, by the host from another network, or by a published port.
 *
 *     from guest   prerouting   from_TAP ── allowed ──► told_from_TAP   (who spoke first, for answers)
 *     to guest     postrouting  to_TAP   ── allowed ──► told_to_TAP
 *
 * It is stateful without the kernel's conntrack, which knows bridges only where nf_conntrack_bridge is built. Each
 * port has sets of who spoke first: the first packet of a flow that a rule allows adds one element (remote address,
 * protocol, the guest's port, the remote one), and answers are allowed by it and keep it alive. The direction that
 * began is judged by the rules with each packet, so what a change forbids ends at once, also in its middle; answers
 * to it end when its memory does, which flows.ts sees to.
 *
 *     begins                            2 minutes
 *     answered: SYN-ACK, or data        8 hours for TCP, 3 minutes for all else
 *     an answer ends it (FIN, RST)      2 minutes
 *
 * A port has room for 16,384 of each kind: whoever fills them shuts out answers to new ones of that guest's alone.
 */
import { isV6 } from "./address.ts";
import { deniedCounter, endedSet, flowSet, groupChain, hashed, peerSet, talkSet } from "./names.ts";
import type { Direction, GroupPlan, PeerRef, PortPlan, RulePlan } from "./plan.ts";

type Family = 4 | 6;
const families: readonly Family[] = [4, 6];
const header = (family: Family): string => (family === 4 ? "ip" : "ip6");

/** Of the guest's chains: the remote end's address is whom a packet that it sends goes to. */
const remote = (family: Family, way: "from" | "to"): string =>
  `${header(family)} ${way === "from" ? "daddr" : "saddr"}`;

const flowKey = (family: Family, way: "from" | "to"): string =>
  `${remote(family, way)} . meta l4proto . ${way === "from" ? "th sport . th dport" : "th dport . th sport"}`;
const talkKey = (family: Family, way: "from" | "to"): string => `${remote(family, way)} . meta l4proto`;

export const flowSpec = (family: Family): string =>
  `type ipv${family}_addr . inet_proto . inet_service . inet_service; size 16384; flags dynamic,timeout; timeout 2m;`;
export const talkSpec = (family: Family): string =>
  `type ipv${family}_addr . inet_proto; size 16384; flags dynamic,timeout; timeout 2m;`;

/** What networks need to be networks; nobody's rules are asked about it. */
export const always: Readonly<Record<string, readonly string[]>> = {
  always_from: [
    "ether type arp accept",
    "udp sport 68 udp dport 67 accept",
    "ether type ip6 udp sport 546 udp dport 547 accept",
    // Reports of membership, and of nobody's being reached.
    "meta l4proto igmp accept",
    "icmpv6 type { 131-133, 135-136, 143 } accept",
    "icmp type { 3, 11, 12 } accept",
    "icmpv6 type { 1-4 } accept",
    "ip frag-off & 0x1fff != 0 accept",
    "frag frag-off != 0 accept",
  ],
  // Nobody but the network's own servers can say the answers among it: see pin.ts.
  always_to: [
    "ether type arp accept",
    "udp sport 67 udp dport 68 accept",
    "ether type ip6 udp sport 547 udp dport 546 accept",
    "meta l4proto igmp accept",
    "icmpv6 type { 130-136, 143 } accept",
    "icmp type { 3, 11, 12 } accept",
    "icmpv6 type { 1-4 } accept",
    "ip frag-off & 0x1fff != 0 accept",
    "frag frag-off != 0 accept",
  ],
};

/** Its chains; `outRules`: whether any of its groups says what may leave. */
export function portChains(port: PortPlan, outRules: boolean): Readonly<Record<string, readonly string[]>> {
  const { tap, groups, gateways } = port;
  const deny = `counter name ${deniedCounter(port)} drop`;
  const answers = (way: "from" | "to", begun: Direction) =>
    families.flatMap((family) => [
      `${flowKey(family, way)} @${flowSet(begun, family, tap)} accept`,
      `${talkKey(family, way)} @${talkSet(begun, family, tap)} accept`,
    ]);
  // Where it is not an answer any more, the guest does not begin it either: see flows.ts.
  const over = families.map((family) => `${flowKey(family, "from")} @${endedSet(family, tap)} ${deny}`);
  const judged = (direction: Direction) => groups.map((group) => `jump ${groupChain(group, direction)}`);
  return {
    [`from_${tap}`]: outRules
      ? [
          "jump always_from",
          ...gateways.map(
            (gateway) =>
              `${header(isV6(gateway) ? 6 : 4)} daddr ${gateway} meta l4proto { tcp, udp } th dport 53 accept`,
          ),
          ...answers("from", "in"),
          ...over,
          ...judged("out"),
          deny,
        ]
      : [...answers("from", "in"), ...over, "accept"],
    [`to_${tap}`]: [
      "jump always_to",
      ...gateways.map((gateway) =>
        isV6(gateway)
          ? `ip6 saddr ${gateway} icmpv6 type 128 accept`
          : `ip saddr ${gateway} icmp type 8 accept`,
      ),
      ...answers("to", "out"),
      ...judged("in"),
      deny,
    ],
    [`told_from_${tap}`]: families.flatMap((family) => told(family, "from", tap)),
    [`told_to_${tap}`]: families.flatMap((family) => told(family, "to", tap)),
  };
}

const withPorts = "{ tcp, udp, sctp, dccp, udplite }";

/** What was allowed: an answer keeps its flow alive, anything else begins one. */
function told(family: Family, way: "from" | "to", tap: string): string[] {
  const [begun, begins] = way === "from" ? (["in", "out"] as const) : (["out", "in"] as const);
  const key = flowKey(family, way);
  const answered = `@${flowSet(begun, family, tap)}`;
  const talk = talkKey(family, way);
  const talked = `@${talkSet(begun, family, tap)}`;
  const alive = (timeout: string) => `update ${answered} { ${key} timeout ${timeout} } return`;
  const echo = family === 4 ? "icmp type 8" : "icmpv6 type 128";
  return [
    `tcp flags & (fin | rst) != 0 ${key} ${answered} ${alive("2m")}`,
    `tcp flags & (syn | ack) == (syn | ack) ${key} ${answered} ${alive("8h")}`,
    `tcp flags & psh != 0 ${key} ${answered} ${alive("8h")}`,
    `meta l4proto != tcp ${key} ${answered} ${alive("3m")}`,
    `${key} ${answered} return`,
    `meta l4proto ${withPorts} add @${flowSet(begins, family, tap)} { ${key} } return`,
    `${talk} ${talked} update ${talked} { ${talk} timeout 3m } return`,
    `${echo} add @${talkSet(begins, family, tap)} { ${talk} } return`,
    `meta l4proto != { icmp, ipv6-icmp, igmp } add @${talkSet(begins, family, tap)} { ${talk} }`,
  ];
}

/** Up to so many rules are one chain. */
const fewRules = 32;
const parts = 16;

/** In which part of its group's chain a rule is, wherever it stands among the others. */
const partOf = (rule: string): number => Number.parseInt(hashed(rule).slice(0, 4), 16) % parts;

/**
 * A group's chains. As all rules allow, their order means nothing: a long group is cut into parts by its rules' ids,
 * so that a changed rule costs the rules of its part.
 */
export function groupChains(
  { id, rules }: GroupPlan,
  tag: string,
): Readonly<Record<string, readonly string[]>> {
  const chains: Record<string, readonly string[]> = {};
  for (const direction of ["in", "out"] as const) {
    const own = rules.filter((rule) => rule.direction === direction);
    const chain = groupChain(id, direction);
    const lines = (some: readonly RulePlan[]) => some.flatMap((rule) => ruleLines(rule, tag));
    if (own.length <= fewRules) {
      chains[chain] = lines(own);
      continue;
    }
    const numbers = Array.from({ length: parts }, (_, part) => part);
    for (const part of numbers)
      chains[`${chain}_${part}`] = lines(own.filter((rule) => partOf(rule.id) === part));
    chains[chain] = numbers.map((part) => `jump ${chain}_${part}`);
  }
  return chains;
}

const protocols: Readonly<Record<RulePlan["protocol"], string>> = {
  any: "",
  tcp: "meta l4proto tcp",
  udp: "meta l4proto udp",
  icmp: "meta l4proto { icmp, ipv6-icmp }",
};

/** How a rule's lines of log begin in the kernel's log. */
export const logPrefix = (tag: string, rule: string): string => `lodge ${tag} ${rule} `;

function ruleLines({ id, direction, protocol, ports, peer, log }: RulePlan, tag: string): string[] {
  const way = direction === "in" ? "to" : "from";
  const port = ports.length === 0 ? "" : `th dport { ${ports.join(", ")} }`;
  return peerMatches(peer, way).flatMap((who) => {
    const match = [who, protocols[protocol], port].filter((part) => part !== "").join(" ");
    const logged = `${match} limit rate 5/second burst 10 packets log prefix "${logPrefix(tag, id)}"`.trim();
    return [...(log ? [logged] : []), `${match} counter accept comment "${id}"`.trim()];
  });
}

function peerMatches(peer: PeerRef | undefined, way: "from" | "to"): string[] {
  if (peer === undefined) return [""];
  if ("cidr" in peer) return [`${remote(isV6(peer.cidr) ? 6 : 4, way)} ${peer.cidr}`];
  return families.map((family) => `${remote(family, way)} @${peerSet(family, peer.peer)}`);
}
