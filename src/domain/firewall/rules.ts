/** Rules as they were asked for, looked at and completed. */
import { LodgeError } from "#contract/errors";
import { parseFirewallPeer } from "#contract/firewall-peer";
import type { FirewallRule, NewFirewallRule } from "#contract/schema/firewall";
import { newId } from "#base/ids";

/** Ports as nft takes them; without a wrong one. */
function checked(protocol: string, ports: readonly string[]): string[] {
  const wrong = ports.filter((text) => {
    const [first = 0, last = first] = text.split("-").map(Number);
    return first < 1 || last > 65_535 || first > last;
  });
  const carries = protocol === "tcp" || protocol === "udp";
  if (wrong.length > 0 || (ports.length > 0 && !carries))
    throw new LodgeError("firewall.ports_wrong", { protocol, ports: ports.join(", ") });
  return apart(ports);
}

/** The same ports without any twice: a set of nft's takes no overlaps. */
function apart(ports: readonly string[]): string[] {
  const ranges = ports
    .map((text) => text.split("-").map(Number))
    .map(([first = 0, last = first]) => ({ first, last }))
    .toSorted((a, b) => a.first - b.first);
  const merged: { first: number; last: number }[] = [];
  for (const range of ranges) {
    const before = merged.at(-1);
    if (before && range.first <= before.last + 1) before.last = Math.max(before.last, range.last);
    else merged.push({ ...range });
  }
  return merged.map(({ first, last }) => (first === last ? String(first) : `${first}-${last}`));
}

/** @throws LodgeError firewall.peer_unknown, firewall.ports_wrong */
export function newRule(asked: NewFirewallRule): FirewallRule {
  const { direction, protocol = "any", ports = [], peer = "any", log = false, note = "" } = asked;
  if (!parseFirewallPeer(peer)) throw new LodgeError("firewall.peer_unknown", { peer });
  return { id: newId("r"), direction, protocol, ports: checked(protocol, ports), peer, log, note };
}
