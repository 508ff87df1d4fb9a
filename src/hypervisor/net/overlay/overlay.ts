/**
 * Keeps this host's overlay as a plan says: rules first, then tunnels, then who is behind them. It stays when the daemon
 * ends; the next one takes over what it finds. Calls must not overlap: the caller queues them.
 */
import { hasCode } from "#contract/errors";
import { exec } from "#base/exec";
import { ipBatch, ipJson, links, type Link } from "../ip.ts";
import { isOurs, overlayTable, tunnelName } from "../names.ts";
import { list, nftApply, nftTables } from "../nft.ts";
import { removalText } from "../rules.ts";
import { carriedFlows, carriedText, flowsByOthers, ownFlows, type CarriedFlow } from "./carried.ts";
import type { Ends } from "./conntrack.ts";
import { tunnelChanges } from "./device.ts";
import {
  entriesOf,
  entryChanges,
  foundEntries,
  type Entries,
  type FoundFdb,
  type FoundNeighbour,
} from "./entries.ts";
import type { OverlayNetwork, OverlayPlan } from "./plan.ts";
import { namesIn, overlayRules, type Left } from "./rules.ts";

interface Named {
  readonly table: string;
  readonly name: string;
}

/** What an earlier daemon left in the table. */
async function found(tag: string): Promise<Left> {
  const table = overlayTable(tag);
  if (!(await nftTables("bridge")).includes(table)) return { chains: [], sets: [] };
  const [chains, sets] = await Promise.all([
    list<Named>("chain", "chains", "bridge"),
    list<Named>("set", "sets", "bridge"),
  ]);
  const own = (named: readonly Named[]) => named.filter((it) => it.table === table).map(({ name }) => name);
  return { chains: own(chains), sets: own(sets) };
}

/** Runs all of them, also where one is about what is gone already. */
async function bridgeBatch(commands: readonly string[]): Promise<void> {
  if (commands.length > 0) await exec("bridge", ["-batch", "-"], { input: `${commands.join("\n")}\n` });
}

const removal = (tag: string): string =>
  removalText(overlayTable(tag), "bridge") + removalText(overlayTable(tag));

export class Overlay {
  readonly #tag: string;
  #plan: OverlayPlan | undefined;
  #rules = "";
  /** Nothing of it is on the host. */
  #gone = false;
  /** What is behind each tunnel, by its name. */
  #entries = new Map<string, Entries>();
  /** What each tunnel was made for. */
  #tunnels = new Map<string, string>();

  constructor(tag: string) {
    this.#tag = tag;
  }

  /**
   * Makes the host what the plan says. Where somebody came, went or moved, a run of `bridge` and one of `ip`: 4 ms.
   *
   * @throws LodgeError host.command_*
   */
  async apply(plan: OverlayPlan): Promise<void> {
    this.#gone = false;
    await this.#applyRules(plan);
    await this.#applyTunnels(plan);
    this.#plan = plan;
    const before = this.#entries;
    try {
      await this.#applyEntries(plan);
    } catch (error) {
      if (!hasCode(error, "host.command_failed")) throw error;
      // A bridge was made anew meanwhile, or somebody changed entries by hand: what is there is looked at again.
      if (before === this.#entries) this.#entries = new Map();
      this.#tunnels.clear();
      await this.#applyTunnels(plan);
      await this.#applyEntries(plan);
    }
  }

  async #applyRules(plan: OverlayPlan): Promise<void> {
    const left = this.#plan ? namesIn(this.#plan) : await found(this.#tag);
    const text = overlayRules(plan, left);
    if (text === this.#rules) return;
    try {
      await nftApply(text);
    } catch (error) {
      if (!hasCode(error, "host.command_failed")) throw error;
      // An earlier Lodge had its sets otherwise: made anew, without the flows that were noted.
      await nftApply(removal(this.#tag) + overlayRules(plan, { chains: [], sets: [] }));
    }
    // What the next one would say if nothing changed: nothing is left over then.
    this.#rules = overlayRules(plan, namesIn(plan));
  }

  async #applyTunnels(plan: OverlayPlan): Promise<void> {
    const wanted = new Map(
      plan.networks.map((network) => [
        tunnelName(network),
        { network, made: JSON.stringify([plan.self, network.mtu]) },
      ]),
    );
    const open = [...wanted].filter(([name, { made }]) => this.#tunnels.get(name) !== made);
    const gone = [...this.#tunnels.keys()].filter((name) => !wanted.has(name));
    if (open.length === 0 && gone.length === 0) return;
    const devices = new Map((await links()).map((link): [string, Link] => [link.ifname, link]));
    // Also those of an earlier daemon.
    const others = [...devices.keys()].filter(
      (name) => isOurs(plan.tag, "tunnel", name) && !wanted.has(name),
    );
    const fresh = open.filter(([name]) => devices.get(name)?.master === undefined);
    await ipBatch([
      ...others.map((name) => `link del dev ${name}`),
      ...open.flatMap(([name, { network }]) => tunnelChanges(network, plan.self, devices.get(name))),
    ]);
    for (const name of [...gone, ...fresh.map(([name]) => name)]) this.#entries.delete(name);
    this.#tunnels = new Map([...wanted].map(([name, { made }]) => [name, made]));
  }

  async #applyEntries(plan: OverlayPlan): Promise<void> {
    const now = await this.#known(plan.networks);
    const changes = plan.networks.map((network) => {
      const wanted = entriesOf(network, plan.others);
      return { network, wanted, ...entryChanges(network, now.get(tunnelName(network))!, wanted) };
    });
    await bridgeBatch(changes.flatMap(({ bridge }) => bridge));
    await ipBatch(changes.flatMap(({ ip }) => ip));
    this.#entries = new Map(changes.map(({ network, wanted }) => [tunnelName(network), wanted]));
  }

  /** What is behind each tunnel now; the kernel is asked about those that this daemon does not know. */
  async #known(networks: readonly OverlayNetwork[]): Promise<ReadonlyMap<string, Entries>> {
    const unknown = networks.filter((network) => !this.#entries.has(tunnelName(network)));
    if (unknown.length === 0) return this.#entries;
    const [{ stdout }, neighbours] = await Promise.all([
      exec("bridge", ["-json", "fdb", "show"]),
      ipJson<FoundNeighbour>("neigh", "show", "nud", "permanent"),
    ]);
    const fdb = JSON.parse(stdout) as FoundFdb[];
    const read = unknown.map(
      (network) => [tunnelName(network), foundEntries(network, fdb, neighbours)] as const,
    );
    return new Map([...this.#entries, ...read]);
  }

  /** The flows that a guest of this host has through it and others. @throws LodgeError host.command_* */
  async flowsOf(ends: Ends): Promise<CarriedFlow[]> {
    if (!this.#plan) return [];
    const { self, others } = this.#plan;
    return carriedFlows(this.#tag, self, others, ends);
  }

  /**
   * Takes what a guest with these addresses brings, before its first packet, in the place of what was known of it; of one
   * that went, nothing is left.
   *
   * @throws LodgeError host.command_*
   */
  async takeFlows(addresses: readonly string[], flows: readonly CarriedFlow[]): Promise<void> {
    if (!this.#plan) return;
    const { others } = this.#plan;
    const old = await flowsByOthers(this.#tag, others, addresses);
    const text = carriedText(this.#tag, others, old, ownFlows(flows, addresses));
    if (text !== "") await nftApply(text);
  }

  /** Takes all of it off the host. Idempotent. @throws LodgeError host.command_* */
  async remove(): Promise<void> {
    if (this.#gone) return;
    const devices = await links();
    const tunnels = devices.map(({ ifname }) => ifname).filter((name) => isOurs(this.#tag, "tunnel", name));
    const bridges = new Set(
      devices.map(({ ifname }) => ifname).filter((name) => isOurs(this.#tag, "bridge", name)),
    );
    const neighbours = await ipJson<FoundNeighbour>("neigh", "show", "nud", "permanent");
    await ipBatch([
      ...tunnels.map((name) => `link del dev ${name}`),
      ...neighbours
        .filter(({ dev }) => tunnels.length > 0 && bridges.has(dev))
        .map(({ dst, dev }) => `neigh del ${dst} dev ${dev}`),
    ]);
    await nftApply(removal(this.#tag));
    this.#plan = undefined;
    this.#rules = "";
    this.#entries = new Map();
    this.#tunnels = new Map();
    this.#gone = true;
  }
}
