/**
 * The overlay's rules, as one text for nftables (pure).
 *
 *     family bridge   what guests send to other hosts, and what comes from there
 *     family inet     who may speak VXLAN with this host: the cluster's others alone, and nobody in their name
 *
 *     guest → another host's own MAC         nothing, but for flows that go through it (ways.ts)
 *     guest → 4789 of a host of the cluster  nothing: neither by its port, nor through the host, nor as a process of it
 *     others → 4789 of this host             the cluster's others
 *     the host's own frames into a tunnel    as the host's MAC: the gateway's is each host's own, and stays at home
 *     frames from a tunnel                   of guests elsewhere and of hosts; no groupcast
 *
 * Guests' sources were looked at by the guard of the host that they are on. Who answers as a host of the cluster on the
 * underlay is trusted with that, which is why the underlay has to be (or be encrypted): docs/decisions/0046-overlay.md.
 */
import { overlayTable, tunnelName } from "../names.ts";
import { hostMac, hostName, vxlanPort, type OverlayPlan } from "./plan.ts";
import { wayChains, waySets } from "./ways.ts";

const setOf = (values: Iterable<string>): string => `{ ${[...values].join(", ")} }`;

interface Lines {
  readonly hooks: Readonly<Record<string, string>>;
  readonly chains: Readonly<Record<string, readonly string[]>>;
  readonly sets: ReadonlyMap<string, string>;
}

const hook = (at: string, priority: number): string =>
  `type filter hook ${at} priority ${priority}; policy accept;`;

/** A line for each family that has an address. */
const byFamily = (addresses: readonly string[], line: (family: string, set: string) => string): string[] =>
  (["ip", "ip6"] as const).flatMap((family) => {
    const own = addresses.filter((address) => address.includes(":") === (family === "ip6"));
    return own.length === 0 ? [] : [line(family, setOf(own))];
  });

function bridgeLines({ tag, self, others, networks }: OverlayPlan): Lines {
  const everybody = [self, ...others];
  const macs = setOf(everybody.map(({ id }) => hostMac(id)));
  const gateways = networks.map(({ gatewayMac }) => gatewayMac);
  const apart = networks.filter((one) => one.apart).map((one) => `"${tunnelName(one)}"`);
  const noted = others.map(({ id }) => `ether saddr ${hostMac(id)} goto noted_${hostName(id)}`);
  const ofGateways = gateways.length === 0 ? undefined : setOf(new Set(gateways));
  return {
    hooks: { prerouting: hook("prerouting", -260), output: hook("output", -260) },
    chains: {
      prerouting: [`iifname "l${tag}*" jump from_guests`, `iifname "lgx${tag}*" jump from_hosts`],
      from_guests: [
        `ether saddr ${macs} drop`,
        `ether daddr ${macs} drop`,
        ...(ofGateways === undefined ? [] : [`ether saddr ${ofGateways} drop`]),
        ...byFamily(
          everybody.map(({ address }) => address),
          (family, set) => `${family} daddr ${set} udp dport ${vxlanPort} drop`,
        ),
        ...(ofGateways === undefined ? [] : [`ether daddr ${ofGateways} jump ways`]),
      ],
      from_hosts: [
        "ether daddr & 01:00:00:00:00:00 != 00:00:00:00:00:00 drop",
        `ether saddr ${setOf([hostMac(self.id), ...new Set(gateways)])} drop`,
        ...noted,
        ...(apart.length === 0 ? [] : [`iifname ${setOf(apart)} ether daddr != ${hostMac(self.id)} drop`]),
      ],
      output:
        ofGateways === undefined
          ? []
          : [`oifname "lgx${tag}*" ether saddr ${ofGateways} ether saddr set ${hostMac(self.id)}`],
      ...wayChains(others),
    },
    sets: waySets(others),
  };
}

function inetLines({ self, others, through }: OverlayPlan): Lines {
  const port = `udp dport ${vxlanPort}`;
  const addresses = others.map(({ address }) => address);
  const ours = [self.address, ...addresses];
  const from = through === undefined ? "" : `iifname "${through}" `;
  return {
    hooks: {
      // Each of these flows has ports of its own, so the host would remember each of its guests' flows twice.
      untracked: hook("prerouting", -300),
      untracked_out: hook("output", -300),
      input: hook("input", -10),
      forward: hook("forward", -10),
      output: hook("output", -10),
    },
    chains: {
      untracked: byFamily(addresses, (family, set) => `${family} saddr ${set} ${port} notrack`),
      untracked_out: byFamily(addresses, (family, set) => `${family} daddr ${set} ${port} notrack`),
      input: [
        ...byFamily(addresses, (family, set) => `${from}${family} saddr ${set} ${port} accept`),
        `${port} drop`,
      ],
      forward: byFamily(ours, (family, set) => `${family} daddr ${set} ${port} drop`),
      // The kernel's own have no user.
      output: byFamily(ours, (family, set) => `meta skuid 1-4294967294 ${family} daddr ${set} ${port} drop`),
    },
    sets: new Map(),
  };
}

/** What an earlier text left that this one has not: nothing refers to it any more once its chains are written anew. */
export interface Left {
  readonly chains: readonly string[];
  readonly sets: readonly string[];
}

function tableText(at: string, { hooks, chains, sets }: Lines, left: Left): string {
  const lines = [`add table ${at}`];
  for (const [name, spec] of sets) lines.push(`add set ${at} ${name} { ${spec} }`);
  for (const name of Object.keys(chains)) {
    const own = hooks[name];
    lines.push(`add chain ${at} ${name}${own === undefined ? "" : ` { ${own} }`}`);
  }
  const gone = left.chains.filter((name) => !(name in chains));
  for (const name of [...Object.keys(chains), ...gone]) lines.push(`flush chain ${at} ${name}`);
  for (const [name, rules] of Object.entries(chains))
    for (const rule of rules) lines.push(`add rule ${at} ${name} ${rule}`);
  for (const name of gone) lines.push(`delete chain ${at} ${name}`);
  for (const name of left.sets) if (!sets.has(name)) lines.push(`delete set ${at} ${name}`);
  return lines.map((line) => `${line}\n`).join("");
}

/** Input for `nft -f -`. What packets noted in sets that stay is kept. */
export function overlayRules(plan: OverlayPlan, left: Left): string {
  const table = overlayTable(plan.tag);
  const bridge = tableText(`bridge ${table}`, bridgeLines(plan), left);
  return bridge + tableText(`inet ${table}`, inetLines(plan), { chains: [], sets: [] });
}

/** What the table of family bridge has, by name. */
export function namesIn(plan: OverlayPlan): Left {
  const { chains, sets } = bridgeLines(plan);
  return { chains: Object.keys(chains), sets: [...sets.keys()] };
}
