/**
 * The guard of a Lodge's bridges, as one table of nftables' family bridge: a plan as the table it asks for (pure).
 *
 *     prerouting   pins ──► the port's pin chain (pin.ts); then from ──► its groups (groups.ts)
 *     forward      realms ──► to a port of the same realm only
 *     postrouting  apart, then to ──► its groups
 *
 * A frame of a tap of this Lodge's that no map knows is dropped: a guest's first frame meets its chains or nothing,
 * whichever of tap and chain was there first. One more guest is a chain and some elements; nothing else is touched.
 */
import { isV6, linkLocalOf, v6Number } from "./address.ts";
import { always, flowSpec, groupChains, portChains, talkSpec } from "./groups.ts";
import { heardSet, heardSpec } from "./heard.ts";
import {
  knownSet,
  knownSpec,
  liftedChain,
  liftedRules,
  localChains,
  localSet,
  localSpec,
  mayChoose,
  takenSet,
  takenSpec,
} from "./locals.ts";
import { deniedCounter, endedSet, flowSet, peerSet, realmName, refusedCounter, talkSet } from "./names.ts";
import { pinRules, sharedPins } from "./pin.ts";
import type { GuardPlan, PortPlan } from "./plan.ts";

/** A set or map; one without elements is filled by packets, and is left as it is. */
export interface TableSet {
  readonly kind: "set" | "map";
  readonly spec: string;
  /** Each element's key, and what it leads to in a map. */
  readonly elements?: ReadonlyMap<string, string>;
}

export interface Table {
  readonly sets: ReadonlyMap<string, TableSet>;
  readonly counters: ReadonlySet<string>;
  /** Of chains: the hook of one that the kernel calls. */
  readonly hooks: ReadonlyMap<string, string>;
  readonly chains: ReadonlyMap<string, readonly string[]>;
  /** Pinned ports, each as JSON, with the chains that it has of its own for that. */
  readonly pinned: ReadonlyMap<string, Chains>;
  /** IPv6 addresses that are somebody's, as the numbers that nft takes. */
  readonly known: ReadonlyMap<string, string>;
}

type Chains = Readonly<Record<string, readonly string[]>>;

const hooks: Readonly<Record<string, string>> = {
  prerouting: "type filter hook prerouting priority -300; policy accept;",
  from: "type filter hook prerouting priority -290; policy accept;",
  told_from: "type filter hook prerouting priority -280; policy accept;",
  forward: "type filter hook forward priority -200; policy accept;",
  to: "type filter hook postrouting priority 100; policy accept;",
  told_to: "type filter hook postrouting priority 110; policy accept;",
};

/** Tags of one length make sure that no other Lodge's taps begin like this. */
const anyTap = (tag: string): string => `"l${tag}*"`;

const baseChains = (tag: string): Chains => ({
  prerouting: ["iifname vmap @pins", `iifname ${anyTap(tag)} drop`],
  from: ["iifname vmap @from"],
  told_from: ["iifname vmap @told_from"],
  forward: [
    "iifname vmap @realms",
    // What comes from elsewhere on a bridge that the host's own network is on, or from the host.
    `iifname ${anyTap(tag)} oifname ${anyTap(tag)} drop`,
  ],
  to: ["oifname @apart ip saddr @guests4 drop", "oifname @apart ip6 saddr @guests6 drop", "oifname vmap @to"],
  told_to: ["oifname vmap @told_to"],
});

const quoted = (name: string): string => `"${name}"`;
const elements = (keys: Iterable<string>) => new Map([...keys].map((key) => [key, ""]));
const map = (entries: Iterable<readonly [string, string]>): TableSet => ({
  kind: "map",
  spec: "type ifname : verdict;",
  elements: new Map(entries),
});
const addresses = (family: 4 | 6, members: Iterable<string>): TableSet => {
  const own = [...new Set(members)].filter((member) => isV6(member) === (family === 6));
  return { kind: "set", spec: `type ipv${family}_addr; flags interval;`, elements: elements(own) };
};

const pinChains = (port: PortPlan): Chains => ({
  [`pin_${port.tap}`]: pinRules(port),
  ...(mayChoose(port) ? localChains(port) : {}),
});

/** `before`: what an earlier plan asked for. What is made of ports and addresses that are as they were is taken from there: of thousands all but one. */
export function tableOf(
  { tag, ports, groups, peers, neighbours = [] }: GuardPlan,
  before?: Pick<Table, "pinned" | "known">,
): Table {
  const sets = new Map<string, TableSet>();
  const chains = new Map<string, readonly string[]>();
  const counters = new Set<string>();
  const addChains = (more: Chains) => {
    for (const [name, rules] of Object.entries(more)) chains.set(name, rules);
  };
  for (const more of [baseChains(tag), sharedPins, always]) addChains(more);
  for (const group of groups) addChains(groupChains(group, tag));
  for (const { id, members } of peers)
    for (const family of [4, 6] as const) sets.set(peerSet(family, id), addresses(family, members));

  const filtered = ports.filter((port) => port.groups.length > 0);
  const says = new Set(
    groups.filter(({ rules }) => rules.some((r) => r.direction === "out")).map((g) => g.id),
  );
  for (const port of filtered) {
    addChains(
      portChains(
        port,
        port.groups.some((group) => says.has(group)),
      ),
    );
    counters.add(deniedCounter(port));
    for (const family of [4, 6] as const)
      sets.set(endedSet(family, port.tap), { kind: "set", spec: flowSpec(family) });
    for (const direction of ["in", "out"] as const)
      for (const family of [4, 6] as const) {
        sets.set(flowSet(direction, family, port.tap), { kind: "set", spec: flowSpec(family) });
        sets.set(talkSet(direction, family, port.tap), { kind: "set", spec: talkSpec(family) });
      }
  }
  const pinned = new Map<string, Chains>();
  for (const port of ports.filter((one) => one.pinned)) {
    const key = JSON.stringify(port);
    const own = before?.pinned.get(key) ?? pinChains(port);
    pinned.set(key, own);
    addChains(own);
    counters.add(refusedCounter(port));
  }
  const choosing = ports.filter(mayChoose);
  for (const port of choosing) {
    // Also of one whose pin was lifted: it has them still when that is put back.
    sets.set(localSet(port), { kind: "set", spec: localSpec });
    if (!port.pinned) chains.set(liftedChain(port), liftedRules(port));
  }
  for (const link of new Set(choosing.map((port) => port.link)))
    sets.set(takenSet({ link }), { kind: "set", spec: takenSpec });

  const by = (verdict: (port: PortPlan) => string, of = ports) =>
    map(of.map((port) => [quoted(port.tap), verdict(port)] as const));
  sets.set(
    "pins",
    by((port) => {
      if (port.pinned) return `jump pin_${port.tap}`;
      return `jump ${mayChoose(port) ? liftedChain(port) : "lifted"}`;
    }),
  );
  for (const way of ["from", "to", "told_from", "told_to"])
    sets.set(
      way,
      by(({ tap }) => `jump ${way}_${tap}`, filtered),
    );
  sets.set("groupcasts", {
    kind: "set",
    spec: "type ifname; size 65535; flags dynamic,timeout; timeout 10s;",
  });
  for (const family of [4, 6] as const) sets.set(heardSet(family), { kind: "set", spec: heardSpec(family) });
  sets.set("apart", {
    kind: "set",
    spec: "type ifname;",
    elements: elements(ports.filter(({ apart }) => apart).map(({ tap }) => quoted(tap))),
  });
  const own = ports.flatMap((port) => [...(port.addresses ?? []), linkLocalOf(port.mac)]);
  const everybody = [...own, ...neighbours];
  for (const family of [4, 6] as const) sets.set(`guests${family}`, addresses(family, everybody));
  const known = new Map<string, string>();
  for (const address of [...everybody, ...ports.flatMap((port) => port.gateways)])
    if (isV6(address)) known.set(address, before?.known.get(address) ?? v6Number(address));
  sets.set(knownSet, { kind: "set", spec: knownSpec, elements: elements(known.values()) });
  addRealms();
  return { sets, counters, hooks: new Map(Object.entries(hooks)), chains, pinned, known };

  /** Ports that are apart are in no realm: nothing leads from one to another. */
  function addRealms() {
    const together = ports.filter(({ apart }) => !apart);
    const names = new Map(together.map(({ realm }) => [realm, ""]));
    for (const realm of names.keys()) {
      const name = realmName(realm);
      names.set(realm, name);
      const taps = together.filter((port) => port.realm === realm).map(({ tap }) => quoted(tap));
      sets.set(name, { kind: "set", spec: "type ifname;", elements: elements(taps) });
      chains.set(`in_${name}`, [`oifname @${name} accept`]);
    }
    sets.set(
      "realms",
      by(({ realm }) => `jump in_${names.get(realm)}`, together),
    );
  }
}
