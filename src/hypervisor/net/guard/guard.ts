/**
 * Keeps this Lodge's guard on the host as a plan says. It stays when the daemon ends; the next one takes it over in
 * one transaction, which leaves the noted flows as they are. Calls must not overlap: the caller queues them.
 */
import { hasCode } from "#contract/errors";
import { list, nftApply, nftTables } from "../nft.ts";
import { carriedSets, carriedSetsText, type CarriedSet, type ListedSet as ListedFlowSet } from "./carried.ts";
import { changeText, guardRemoval, type Found } from "./change.ts";
import { heardSet, parseHeard, type HeardAddress, type ListedSet } from "./heard.ts";
import { deniedCounter, groupChain, guardTable, refusedCounter } from "./names.ts";
import { endings, isFlowSet, narrowed, parseFlows, type ListedFlows } from "./flows.ts";
import type { GuardPlan } from "./plan.ts";
import { tableOf, type Table } from "./table.ts";

/** What was dropped of a port's frames, or not let in. */
export interface PortCounts {
  /** Frames that it sent from another's MAC or address, or that are not a guest's to send. */
  readonly refused?: number;
  /** Packets that no rule of its groups allowed, in and out. */
  readonly denied?: number;
}

interface Named {
  readonly table: string;
  readonly name: string;
}

/** What is there of the table; undefined where there is none. */
async function find(tag: string): Promise<Found | undefined> {
  const table = guardTable(tag);
  if (!(await nftTables("bridge")).includes(table)) return undefined;
  const [sets, maps, counters, chains] = await Promise.all([
    list<Named>("set", "sets", "bridge"),
    list<Named>("map", "maps", "bridge"),
    list<Named>("counter", "counters", "table", "bridge", table),
    list<Named>("chain", "chains", "bridge"),
  ]);
  const own = (named: readonly Named[]) => named.filter((it) => it.table === table).map(({ name }) => name);
  return {
    sets: new Map([
      ...own(sets).map((name) => [name, "set"] as const),
      ...own(maps).map((name) => [name, "map"] as const),
    ]),
    counters: new Set(own(counters)),
    chains: new Set(own(chains)),
  };
}

export class BridgeGuard {
  readonly #tag: string;
  #applied: Table | undefined;
  /** Of what was applied. */
  #plan: GuardPlan | undefined;
  /** Taps whose flows are to be looked through. */
  readonly #narrowed = new Set<string>();

  constructor(tag: string) {
    this.#tag = tag;
  }

  /**
   * Makes the host what the plan says, in one transaction. Some 5 ms; where only elements change, less.
   *
   * @throws LodgeError host.command_*
   */
  async apply(plan: GuardPlan): Promise<void> {
    const wanted = tableOf(plan, this.#applied);
    const text = changeText(this.#tag, this.#applied ?? (await find(this.#tag)), wanted);
    try {
      if (text !== "") await nftApply(text);
    } catch (error) {
      if (!hasCode(error, "host.command_failed")) throw error;
      // Somebody changed it by hand, or an earlier Lodge had its sets otherwise: made anew, without the flows.
      await nftApply(guardRemoval(this.#tag) + changeText(this.#tag, undefined, wanted));
    }
    this.#applied = wanted;
    if (text !== "") for (const port of narrowed(this.#plan, plan)) this.#narrowed.add(port.tap);
    this.#plan = plan;
  }

  /** Ends flows that what was applied allows no more. To be called after apply(), which does not take the time for it. */
  async endFlows(): Promise<void> {
    const plan = this.#plan;
    const ports = (plan?.ports ?? []).filter(({ tap }) => this.#narrowed.has(tap));
    if (!plan || ports.length === 0) return;
    const at = `bridge ${guardTable(this.#tag)}`;
    // By one look at all of them: several sets nft tells in no other way.
    const found = await list<ListedFlows>("set", "sets", "table", "bridge", guardTable(this.#tag));
    const flows = new Map(
      found.filter(({ name }) => isFlowSet(name)).map((set) => [set.name, parseFlows(set)]),
    );
    const lines = ports.flatMap((port) => endings(at, plan, port, flows));
    if (lines.length > 0) await nftApply(lines.map((line) => `${line}\n`).join(""));
    this.#narrowed.clear();
  }

  /** What the ports of these taps remember of who spoke first, in their order. */
  async flowsOf(taps: readonly string[]): Promise<CarriedSet[][]> {
    if (!this.#applied) return taps.map(() => []);
    const sets = await list<ListedFlowSet>("set", "sets", "table", "bridge", guardTable(this.#tag));
    return taps.map((tap) => carriedSets(sets, tap));
  }

  /** Has a port remember what it remembered on another host. It has to be in what was applied last. */
  async takeFlows(tap: string, carried: readonly CarriedSet[]): Promise<void> {
    const there = this.#applied?.sets ?? new Map();
    const text = carriedSetsText(this.#tag, tap, carried, there);
    if (text !== "") await nftApply(text);
  }

  async remove(): Promise<void> {
    await nftApply(guardRemoval(this.#tag));
    this.#applied = undefined;
    this.#plan = undefined;
  }

  /** Which addresses each port was heard with, the last one first. */
  async heard(): Promise<HeardAddress[]> {
    if (!this.#applied) return [];
    const at = ["bridge", guardTable(this.#tag)] as const;
    const sets = await Promise.all(
      ([4, 6] as const).map((family) => list<ListedSet>("set", "set", ...at, heardSet(family))),
    );
    return parseHeard(sets.flat());
  }

  /** By the tap, for each that is guarded. */
  async counts(): Promise<(tap: string) => PortCounts | undefined> {
    if (!this.#applied) return () => undefined;
    const found = await list<Named & { packets: number }>(
      "counter",
      "counters",
      "table",
      "bridge",
      guardTable(this.#tag),
    );
    const packets = new Map(found.map((counter) => [counter.name, counter.packets]));
    return (tap) => {
      const refused = packets.get(refusedCounter({ tap }));
      const denied = packets.get(deniedCounter({ tap }));
      if (refused === undefined && denied === undefined) return undefined;
      return { ...(refused === undefined ? {} : { refused }), ...(denied === undefined ? {} : { denied }) };
    };
  }

  /** Packets that each rule of a group allowed since the group was changed last, by the rule's id. */
  async allowed(group: string): Promise<ReadonlyMap<string, number>> {
    const counts = new Map<string, number>();
    const own = [groupChain(group, "in"), groupChain(group, "out")];
    const chains = [...(this.#applied?.chains ?? [])].filter(
      ([name, lines]) =>
        lines.some((line) => line.includes("counter")) &&
        own.some((chain) => name === chain || name.startsWith(`${chain}_`)),
    );
    for (const [chain] of chains) {
      const rules = await list<{ comment?: string; expr: readonly { counter?: { packets: number } }[] }>(
        "rule",
        "chain",
        "bridge",
        guardTable(this.#tag),
        chain,
      );
      for (const { comment, expr } of rules) {
        const packets = expr.find((part) => part.counter)?.counter?.packets;
        if (comment !== undefined && packets !== undefined)
          counts.set(comment, (counts.get(comment) ?? 0) + packets);
      }
    }
    return counts;
  }
}
