/** What `lodge doctor` concludes about networks: what this host can make of them, and what lies between it and others. */
import type { Schemas } from "#contract/schemas";
import type { Capability, NetworkCapabilities } from "#hypervisor/net/capabilities";
import type { InputBlocker, Way } from "#hypervisor/net/overlay/look";
import { ok, warning, type Check } from "./check.ts";

export interface SpanFinding {
  readonly kind: Schemas["Underlay"]["kind"];
  /** Bytes of a guest's packet that fit; absent where networks span nothing. */
  readonly mtu?: number | undefined;
  readonly blockers: readonly InputBlocker[];
  /** Other hosts, and how far packets get that are as long as the underlay's. */
  readonly ways: readonly { readonly host: string; readonly bytes: number; readonly way: Way }[];
}

export function networkChecks(found: NetworkCapabilities): Check[] {
  const names = ["bridge", "tun", "nft", "dnsmasq"] as const;
  const check = (name: string, { ok: good, reason, fix }: Capability): Check => {
    if (good) return ok(name, `${reason[0]?.toUpperCase()}${reason.slice(1)}.`);
    return warning(
      name,
      `${reason.replace(/\.$/, "")}.`,
      fix ?? "Use '--network user', which needs none of it.",
    );
  };
  return names.map((name) => check(name, found[name]));
}

/** Networks over several hosts. */
export function spanChecks(found: SpanFinding | undefined): Check[] {
  const name = "underlay";
  if (!found) return [];
  const { kind, mtu, blockers, ways } = found;
  if (kind === "none")
    return [
      warning(
        name,
        "Nobody has said what lies between the hosts: guests on different hosts do not reach each other.",
        "Say so with 'lodge network underlay trusted', where nobody else listens or sends there, or 'lodge network underlay wireguard'.",
      ),
    ];
  const closed = blockers.map(({ where, fix }) =>
    warning(name, `Other hosts' frames (UDP 4789) are dropped by ${where}.`, fix),
  );
  const narrow = ways.filter(({ way }) => way === "narrow");
  const short = narrow.map(({ host, bytes }) =>
    warning(
      name,
      `Packets of ${bytes} bytes do not get to ${host}, though the device takes them.`,
      "Have all that lies between the hosts let them through, or make the device's MTU smaller on both: guests are told what fits.",
    ),
  );
  if (closed.length + short.length > 0) return [...closed, ...short];
  if (mtu === undefined) return [ok(name, `It is ${kind}; there is no other host yet.`)];
  return [ok(name, `It is ${kind}: networks span hosts, and ${mtu} bytes of a guest's packet fit.`)];
}
