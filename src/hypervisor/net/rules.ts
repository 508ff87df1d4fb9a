/**
 * The nftables rules of one network, as one text that replaces its table in a single transaction: at
 * no moment is a guest unprotected or a published port gone.
 *
 *     who → whom               nat                     routed                  isolated, bridge
 *     guest → guest            everything (on the bridge; by a published port too)
 *     guest → outside          all, masqueraded (1)    all, as it is (1)       nothing (2)
 *     guest → host             DHCP, DNS, ping, published ports; otherwise only answers
 *     host → guest             everything
 *     outside → guest          published ports         everything (3)          nothing (2)
 *
 *     (1) not link-local, where clouds keep credentials
 *     (2) through the host; what a bridge's uplink leads to is not the host's affair
 *     (3) published ports alone from guests of other networks
 *
 * A bridge without a subnet gives guests nothing of the host at all, also not at addresses that the host has
 * elsewhere. IPv6 goes by the same rules.
 *
 * Where br_netfilter is on (/proc/sys/net/bridge/bridge-nf-call-iptables), a guest can't reach its own
 * published port by the host's address: the translated packet would have to leave by the bridge's port
 * that it came by. Others' ports it reaches.
 *
 * A connection that exists when its port stops being published goes on until one end closes it.
 * The table judges only what passes its own bridge, so that tables of several networks stand side by side,
 * and the drop of any table on the host wins: see blockers.ts.
 */
import { bridgeName, tableName, type NetworkKey } from "./names.ts";
import type { NetworkPlan, PublishedPort } from "./plan.ts";
import { gatewayOf } from "./subnet.ts";
import { gatewayOf6 } from "./subnet6.ts";
import { uplinkPort } from "./uplink.ts";

type RulesPlan = Pick<
  NetworkPlan,
  "tag" | "index" | "tagged" | "kind" | "subnet" | "subnet6" | "uplink" | "publishes"
>;

/** Lines that are there only where something holds. */
const where = (holds: unknown, ...lines: string[]): string[] => (holds ? lines : []);

function publishRules({ protocol, hostPort, guestPort, ...to }: PublishedPort): string[] {
  return [
    `meta nfproto ipv4 ${protocol} dport ${hostPort} dnat ip to ${to.guestAddress}:${guestPort}`,
    ...where(
      to.guestAddress6,
      `meta nfproto ipv6 ${protocol} dport ${hostPort} dnat ip6 to [${to.guestAddress6}]:${guestPort}`,
    ),
  ];
}

/** Deleting a table that is not there fails; declaring it first makes sure that it is. */
export const removalText = (table: string, family: "inet" | "bridge" = "inet"): string =>
  `table ${family} ${table}\ndelete table ${family} ${table}\n`;

/** Input for `nft -f -` that takes all of a network's rules away. */
export const removalOf = (place: NetworkKey & Pick<NetworkPlan, "uplink">): string =>
  removalText(tableName(place)) + (place.uplink ? removalText(tableName(place), "bridge") : "");

/**
 * Where an uplink takes frames elsewhere, a guest must not choose whose they are by tagging them itself, nor
 * see those of others. (A bridge can filter tags by itself, but not every kernel has that.)
 */
function tagRules(plan: RulesPlan): string {
  const port = uplinkPort(plan);
  if (port === undefined) return "";
  const tagged = "ether type { 8021q, 8021ad } drop";
  const lines = chain(
    "tags",
    hook("filter", "forward", "-300"),
    `oifname "${port}" ${tagged}`,
    `iifname "${port}" ${tagged}`,
  );
  return `table bridge ${tableName(plan)} {\n${lines}}\n`;
}

const chain = (name: string, ...lines: string[]): string =>
  `  chain ${name} {\n${lines.map((line) => `    ${line}\n`).join("")}  }\n`;

const hook = (type: string, at: string, priority: string): string =>
  `type ${type} hook ${at} priority ${priority}; policy accept;`;

/** Nothing that passes the host, and nothing to it. */
const closed = (bridge: string): string[] => [
  chain(
    "forward",
    hook("filter", "forward", "filter"),
    `iifname ${bridge} oifname ${bridge} accept`,
    `iifname ${bridge} drop`,
    `oifname ${bridge} drop`,
  ),
  chain("input", hook("filter", "input", "filter"), `iifname ${bridge} drop`),
];

/** How packets are given other addresses on their way. */
function translation(plan: RulesPlan, subnet: string, bridge: string): string[] {
  const { kind, subnet6, publishes } = plan;
  const out = `oifname != { ${bridge}, "lo" } masquerade`;
  // A guest that asks the host for names or an address asks it, whatever port somebody publishes.
  const asked = `iifname ${bridge} ip daddr ${gatewayOf(subnet)} meta l4proto { tcp, udp } th dport { 53, 67 } accept`;
  const asked6 =
    subnet6 &&
    `iifname ${bridge} ip6 daddr ${gatewayOf6(subnet6)} meta l4proto { tcp, udp } th dport 53 accept`;
  const toHost = [
    "meta nfproto ipv4 fib daddr type local jump publish",
    ...where(subnet6, "meta nfproto ipv6 ip6 daddr != ::1 fib daddr type local jump publish"),
  ];
  return [
    // The bridge has route_localnet, for 127.0.0.1 as a published address. Guests shall not gain by it.
    chain(
      "loopback",
      hook("filter", "prerouting", "raw"),
      `iifname ${bridge} ip daddr 127.0.0.0/8 drop`,
      `iifname ${bridge} ip saddr 127.0.0.0/8 drop`,
    ),
    chain("publish", ...publishes.flatMap(publishRules)),
    chain("prerouting", hook("nat", "prerouting", "dstnat"), asked, ...where(asked6, asked6!), ...toHost),
    chain("output", hook("nat", "output", "-100"), ...toHost),
    // Whoever reaches a guest by a published port from the same subnet or from 127.0.0.1 must be answered
    // through the host, where the translation is undone.
    chain(
      "postrouting",
      hook("nat", "postrouting", "srcnat"),
      ...where(kind === "nat", `ip saddr ${subnet} ip daddr != ${subnet} ${out}`),
      `oifname ${bridge} ct status dnat ip saddr { ${subnet}, 127.0.0.0/8 } masquerade`,
      ...where(subnet6 && kind === "nat", `ip6 saddr ${subnet6} ip6 daddr != ${subnet6} ${out}`),
      ...where(subnet6, `oifname ${bridge} ct status dnat ip6 saddr ${subnet6} masquerade`),
    ),
  ];
}

/** What passes the host on its way. */
function passage({ kind, subnet6 }: RulesPlan, subnet: string, bridge: string): string[] {
  const leadsOut = kind === "nat" || kind === "routed";
  const own = [
    `meta nfproto ipv4 ip saddr != ${subnet} drop`,
    subnet6 ? `meta nfproto ipv6 ip6 saddr != ${subnet6} drop` : "meta nfproto ipv6 drop",
  ];
  return [
    chain(
      "refuse",
      "meta l4proto tcp reject with tcp reset",
      "meta nfproto ipv4 reject with icmp admin-prohibited",
      "meta nfproto ipv6 reject with icmpv6 admin-prohibited",
      "drop",
    ),
    chain(
      "from_guests",
      ...own,
      "tcp flags syn / syn,rst tcp option maxseg size set rt mtu",
      "ct state established,related accept",
      ...where(leadsOut, "ip daddr 169.254.0.0/16 jump refuse", "ip6 daddr fd00:ec2::254 jump refuse"),
      leadsOut ? "accept" : "jump refuse",
    ),
    chain(
      "to_guests",
      "ct state established,related accept",
      ...where(leadsOut, "ct status dnat accept"),
      // Those of another network, which may be another project's.
      ...where(kind === "routed", 'iifname "ldg*" drop', "accept"),
      ...where(kind !== "routed", "drop"),
    ),
    chain(
      "forward",
      hook("filter", "forward", "filter"),
      `iifname ${bridge} oifname ${bridge} accept`,
      `iifname ${bridge} jump from_guests`,
      `oifname ${bridge} jump to_guests`,
    ),
  ];
}

/** What guests may ask of the host itself. */
function service({ subnet6 }: RulesPlan, subnet: string, bridge: string): string[] {
  return [
    chain(
      "to_host",
      "ct state established,related accept",
      "udp sport 68 udp dport 67 accept",
      `ip daddr ${gatewayOf(subnet)} meta l4proto { tcp, udp } th dport 53 accept`,
      "icmp type echo-request accept",
      ...where(
        subnet6,
        "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit, echo-request } accept",
        "udp sport 546 udp dport 547 accept",
        `ip6 daddr ${subnet6 && gatewayOf6(subnet6)} meta l4proto { tcp, udp } th dport 53 accept`,
      ),
      "jump refuse",
    ),
    chain("input", hook("filter", "input", "filter"), `iifname ${bridge} jump to_host`),
  ];
}

/** Input for `nft -f -`. */
export function rulesText(plan: RulesPlan): string {
  const table = tableName(plan);
  const bridge = `"${bridgeName(plan)}"`;
  const { subnet } = plan;
  const chains =
    subnet === undefined
      ? closed(bridge)
      : [
          ...translation(plan, subnet, bridge),
          ...passage(plan, subnet, bridge),
          ...service(plan, subnet, bridge),
        ];
  return `${removalOf(plan)}table inet ${table} {\n${chains.join("")}}\n${tagRules(plan)}`;
}
