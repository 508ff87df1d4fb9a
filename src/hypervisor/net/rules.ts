/**
 * The nftables rules of one NAT network, as one text that replaces its table in a single transaction: at
 * no moment is a guest unprotected or a published port gone.
 *
 *     who → whom               may
 *     guest → guest            everything (on the bridge; by a published port too)
 *     guest → outside          everything, masqueraded; not link-local, where clouds keep credentials
 *     guest → host             DHCP, DNS, ping, published ports; otherwise only answers
 *     host → guest             everything
 *     outside → guest          published ports; otherwise only answers
 *
 * Where br_netfilter is on (/proc/sys/net/bridge/bridge-nf-call-iptables), a guest can't reach its own
 * published port by the host's address: the translated packet would have to leave by the bridge's port
 * that it came by. Others' ports it reaches.
 *
 * A connection that exists when its port stops being published goes on until one end closes it.
 * The table judges only what passes its own bridge, so that tables of several networks stand side by side,
 * and the drop of any table on the host wins: see blockers.ts.
 */
import { bridgeName, tableName } from "./names.ts";
import type { NatPlan, PublishedPort } from "./plan.ts";
import { gatewayOf } from "./subnet.ts";

type RulesPlan = Pick<NatPlan, "tag" | "index" | "subnet" | "publishes">;

const publishRule = ({ protocol, hostPort, guestAddress, guestPort }: PublishedPort): string =>
  `    ${protocol} dport ${hostPort} dnat ip to ${guestAddress}:${guestPort}`;

/** Deleting a table that is not there fails; declaring it first makes sure that it is. */
export const removalText = (table: string): string => `table inet ${table}\ndelete table inet ${table}\n`;

/** Input for `nft -f -`. */
export function rulesText(plan: RulesPlan): string {
  const table = tableName(plan);
  const bridge = `"${bridgeName(plan)}"`;
  const { subnet } = plan;
  return `${removalText(table)}table inet ${table} {
  # The bridge has route_localnet, for 127.0.0.1 as a published address. Guests shall not gain by it.
  chain loopback {
    type filter hook prerouting priority raw; policy accept;
    iifname ${bridge} ip daddr 127.0.0.0/8 drop
    iifname ${bridge} ip saddr 127.0.0.0/8 drop
  }
  chain publish {
${plan.publishes.map(publishRule).join("\n")}
  }
  chain prerouting {
    type nat hook prerouting priority dstnat; policy accept;
    iifname ${bridge} ip daddr ${gatewayOf(subnet)} meta l4proto { tcp, udp } th dport { 53, 67 } accept
    meta nfproto ipv4 fib daddr type local jump publish
  }
  chain output {
    type nat hook output priority -100; policy accept;
    meta nfproto ipv4 fib daddr type local jump publish
  }
  # Whoever reaches a guest by a published port from the same subnet or from 127.0.0.1 must be answered
  # through the host, where the translation is undone.
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr ${subnet} ip daddr != ${subnet} oifname != { ${bridge}, "lo" } masquerade
    oifname ${bridge} ct status dnat ip saddr { ${subnet}, 127.0.0.0/8 } masquerade
  }
  chain refuse {
    meta l4proto tcp reject with tcp reset
    meta nfproto ipv4 reject with icmp admin-prohibited
    drop
  }
  chain from_guests {
    ip saddr != ${subnet} drop
    meta nfproto ipv6 drop
    tcp flags syn / syn,rst tcp option maxseg size set rt mtu
    ct state established,related accept
    ip daddr 169.254.0.0/16 jump refuse
    accept
  }
  chain to_guests {
    ct state established,related accept
    ct status dnat accept
    drop
  }
  chain forward {
    type filter hook forward priority filter; policy accept;
    iifname ${bridge} oifname ${bridge} accept
    iifname ${bridge} jump from_guests
    oifname ${bridge} jump to_guests
  }
  chain to_host {
    ct state established,related accept
    udp sport 68 udp dport 67 accept
    ip daddr ${gatewayOf(subnet)} meta l4proto { tcp, udp } th dport 53 accept
    icmp type echo-request accept
    jump refuse
  }
  chain input {
    type filter hook input priority filter; policy accept;
    iifname ${bridge} jump to_host
  }
}
`;
}
