/**
 * What on this host may keep guests from the outside although Lodge's own rules allow it: with nftables a
 * packet must pass every table, so another firewall's drop wins. Lodge reports it and leaves it alone.
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { exec } from "#base/exec";
import { nftChains, nftRules, type NftChain, type NftRule } from "./nft.ts";

export interface ForwardBlocker {
  /** Where: "ip filter FORWARD". */
  readonly where: string;
  readonly reason: string;
  /** A command that lets Lodge's guests through. */
  readonly fix: string;
}

interface Expression {
  readonly match?: {
    readonly left?: { readonly meta?: { readonly key?: string } };
    readonly right?: unknown;
  };
  readonly accept?: null;
  readonly drop?: null;
  readonly reject?: unknown;
}

const expressions = (rule: NftRule): Expression[] => rule.expr as Expression[];

const refusesAll = (rule: NftRule): boolean =>
  expressions(rule).some((e) => "drop" in e || "reject" in e) && !expressions(rule).some((e) => e.match);

/** Does some rule in the chain's table accept what comes by the bridge, and some what goes there? */
function letsThrough(rules: readonly NftRule[], chain: NftChain, bridge: string): boolean {
  const accepts = (key: string) =>
    rules.some(
      (rule) =>
        rule.family === chain.family &&
        rule.table === chain.table &&
        expressions(rule).some((e) => "accept" in e) &&
        expressions(rule).some((e) => e.match?.left?.meta?.key === key && e.match.right === bridge),
    );
  return accepts("iifname") && accepts("oifname");
}

function fixFor(chain: NftChain, chains: readonly NftChain[], bridge: string): string {
  if (chain.family === "ip" && chain.table === "filter" && chain.name === "FORWARD") {
    const own = chains.some(({ table, name }) => table === "filter" && name === "DOCKER-USER");
    const into = own ? "DOCKER-USER" : "FORWARD";
    return `iptables -I ${into} -i ${bridge} -j ACCEPT; iptables -I ${into} -o ${bridge} -j ACCEPT`;
  }
  if (chain.table === "firewalld") return `firewall-cmd --zone=trusted --add-interface=${bridge}`;
  const rule = `nft insert rule ${chain.family} ${chain.table} ${chain.name}`;
  return `${rule} iifname ${bridge} accept; ${rule} oifname ${bridge} accept`;
}

/** Judges what nft told about the host. */
export function blockersAmong(
  chains: readonly NftChain[],
  rules: readonly NftRule[],
  bridge: string,
): ForwardBlocker[] {
  return chains.flatMap((chain) => {
    const { family, table, name } = chain;
    if (chain.hook !== "forward" || chain.type !== "filter" || table.startsWith("lodge_")) return [];
    if (family !== "ip" && family !== "inet") return [];
    const own = rules.filter((r) => r.family === family && r.table === table && r.chain === name);
    const drops = chain.policy === "drop";
    if (!drops && !own.some(refusesAll)) return [];
    if (letsThrough(rules, chain, bridge)) return [];
    const reason = drops
      ? "its policy is to drop what is forwarded"
      : "it ends by refusing what is forwarded";
    return [{ where: `${family} ${table} ${name}`, reason, fix: fixFor(chain, chains, bridge) }];
  });
}

/** Rules of the old kind (xtables) are invisible to nft. */
async function legacyBlocker(bridge: string): Promise<ForwardBlocker[]> {
  const tables = await readFile("/proc/net/ip_tables_names", "utf8").catch(() => "");
  if (!tables.split("\n").includes("filter")) return [];
  const { stdout } = await exec("iptables-legacy", ["-S", "FORWARD"]);
  const passes = ["-i", "-o"].every((side) => stdout.includes(`${side} ${bridge} -j ACCEPT`));
  if (!stdout.includes("-P FORWARD DROP") || passes) return [];
  const allow = (side: string) => `iptables-legacy -I FORWARD ${side} ${bridge} -j ACCEPT`;
  return [
    {
      where: "iptables-legacy filter FORWARD",
      reason: "its policy is to drop what is forwarded",
      fix: `${allow("-i")}; ${allow("-o")}`,
    },
  ];
}

/** br_netfilter sends what guests say to each other through the host's firewall as well. */
async function bridgeFilter(): Promise<boolean> {
  const path = "/proc/sys/net/bridge/bridge-nf-call-iptables";
  return existsSync(path) && (await readFile(path, "utf8")).trim() === "1";
}

/**
 * Everything that may block forwarding for the guests on this bridge; empty when nothing is known to.
 *
 * @throws LodgeError host.command_*.
 */
export async function forwardBlockers(bridge: string): Promise<ForwardBlocker[]> {
  const [chains, rules] = await Promise.all([nftChains(), nftRules()]);
  const blockers = [...blockersAmong(chains, rules, bridge), ...(await legacyBlocker(bridge))];
  if (blockers.length === 0 || !(await bridgeFilter())) return blockers;
  return blockers.map((blocker) => ({
    ...blocker,
    reason: `${blocker.reason}, and br_netfilter applies it between guests too`,
  }));
}
