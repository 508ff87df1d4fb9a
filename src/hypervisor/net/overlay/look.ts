/** What keeps hosts' frames from each other, for `lodge doctor`. */
import { exec } from "#base/exec";
import { hasCode } from "#contract/errors";
import { nftChains, nftRules, type NftChain, type NftRule } from "../nft.ts";
import { vxlanPort } from "./plan.ts";

export interface InputBlocker {
  /** "inet filter input". */
  readonly where: string;
  /** A command that lets the other hosts in. */
  readonly fix: string;
}

interface Expression {
  readonly match?: {
    readonly left?: { readonly payload?: { readonly protocol?: string; readonly field?: string } };
    readonly right?: unknown;
  };
  readonly accept?: null;
}

const numbersIn = (right: unknown): readonly unknown[] => {
  const set = (right as { readonly set?: readonly unknown[] } | null)?.set;
  return Array.isArray(right) ? right : (set ?? [right]);
};

/** Does the rule accept VXLAN, or all that some address sends? Who is meant by it, its maker knows. */
const letsIn = (rule: NftRule): boolean => {
  const parts = rule.expr as Expression[];
  if (!parts.some((part) => "accept" in part)) return false;
  return parts.some(({ match }) => {
    const payload = match?.left?.payload;
    if (payload?.field === "saddr") return true;
    return (
      payload?.field === "dport" &&
      payload.protocol !== "tcp" &&
      numbersIn(match?.right).some((one) => one === vxlanPort)
    );
  });
};

/** Of what nft told about the host: other firewalls that drop what other hosts send. Pure. */
export function inputBlockers(chains: readonly NftChain[], rules: readonly NftRule[]): InputBlocker[] {
  return chains.flatMap(({ family, table, name, hook, type, policy }) => {
    if (hook !== "input" || type !== "filter" || table.startsWith("lodge_")) return [];
    if ((family !== "ip" && family !== "inet") || policy !== "drop") return [];
    // Chains that it jumps to count as well: they are its table's.
    const own = rules.filter((rule) => rule.family === family && rule.table === table);
    if (own.some(letsIn)) return [];
    return [{ where: `${family} ${table} ${name}`, fix: fixFor(family, table, name) }];
  });
}

function fixFor(family: string, table: string, name: string): string {
  if (table === "firewalld") return `firewall-cmd --add-port=${vxlanPort}/udp`;
  if (family === "ip" && table === "filter") return `iptables -I INPUT -p udp --dport ${vxlanPort} -j ACCEPT`;
  return `nft insert rule ${family} ${table} ${name} udp dport ${vxlanPort} accept`;
}

/** @throws LodgeError host.command_* */
export async function findInputBlockers(): Promise<InputBlocker[]> {
  const [chains, rules] = await Promise.all([nftChains(), nftRules()]);
  return inputBlockers(chains, rules);
}

export type Way = "open" | "narrow" | "silent";

/** Do packets of so many bytes reach an address whole? One that answers no ping at all is silent. */
export async function wayTo(address: string, bytes: number): Promise<Way> {
  const headers = address.includes(":") ? 48 : 28;
  const asks = async (size: number) => {
    const args = ["-n", "-q", "-c", "1", "-W", "1", "-M", "do", "-s", String(size), address];
    try {
      await exec("ping", args, { timeout: 3000 });
      return true;
    } catch (error) {
      if (hasCode(error, "host.command_failed", "host.command_timeout")) return false;
      throw error;
    }
  };
  const [long, short] = await Promise.all([asks(bytes - headers), asks(64)]);
  return long ? "open" : short ? "narrow" : "silent";
}
