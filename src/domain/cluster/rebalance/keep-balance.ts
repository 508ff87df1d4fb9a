/**
 * Spreads guests anew by policy. Every host runs one; the one does it that is the eldest of those that answer:
 *
 *   every 10 min ──► plan ──► cluster/rebalance ──┬─ policy "plan": it is there to be looked at
 *                                                 └─ policy "apply", in its hours: one move after another
 *
 *   move: cluster/returns/GUEST, for whoever has it ──► until that is gone ──► noted ──► pause ──► the next
 *
 * Before each move it is looked again whether the policy, the hour and this host are still those. What is left of a plan is
 * forgotten then: the next one is made of what there is by then.
 */
import { hasCode } from "#contract/errors";
import type { PlacementSettings } from "#contract/schema/placement";
import type { Clock } from "#base/clock";
import type { Log } from "#base/log";
import { follow } from "#durable/store/follow";
import type { Revision, Store } from "#durable/store/store";
import type { RebalancePlan } from "../../host/placement/rebalance.ts";
import { returnKey, type ReturnWish } from "../drain/record.ts";
import { isWithin } from "./hours.ts";
import { rebalanceKey, type MoveState, type PlannedRebalance } from "./record.ts";

export interface KeepBalanceParts {
  /** What all share. */
  readonly store: Store;
  /** This host's id. */
  readonly host: string;
  /** Ids of the hosts that answer and run guests, the eldest first. */
  readonly hosts: () => readonly string[];
  readonly settings: () => Promise<PlacementSettings>;
  /** As things are now; hosts by their ids. */
  readonly plan: () => Promise<RebalancePlan>;
  /** Ids of the hosts that have a guest. */
  readonly hostsOf: (guest: string) => readonly string[];
  readonly clock: Clock;
  readonly log: Log;
}

/** Milliseconds between two looks, and for which one move is waited for. */
export const lookEvery = 600_000;
const longestMove = 3_600_000;

export class KeepBalance {
  readonly #parts: KeepBalanceParts;
  readonly #closed = new AbortController();

  constructor(parts: KeepBalanceParts) {
    this.#parts = parts;
  }

  open(): void {
    void this.#run();
  }

  close(): void {
    this.#closed.abort();
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#parts;
    const { signal } = this.#closed;
    while (!signal.aborted) {
      await clock.sleep(lookEvery, signal).catch(() => undefined);
      if (signal.aborted) return;
      try {
        await this.look();
      } catch (error) {
        if (!signal.aborted && !hasCode(error, "store.unavailable", "store.conflict"))
          log.warn({ err: error }, "guests were not spread anew");
      }
    }
  }

  /** Makes a plan and, where the policy says so, its moves. */
  async look(): Promise<void> {
    const { store, host, clock, plan } = this.#parts;
    if ((await this.#policy()) === "off") return;
    const { moves, before, after } = await plan();
    const known = await store.get(rebalanceKey);
    const made: PlannedRebalance = {
      at: clock.now(),
      by: host,
      moves: moves.map((move) => ({ ...move, state: "waits" })),
      before,
      after,
    };
    // Of two hosts that take themselves for the eldest one does it.
    await store.transact({
      compare: [{ key: rebalanceKey, revision: known?.revision ?? "absent" }],
      put: [{ key: rebalanceKey, value: made }],
    });
    for (const [at, { guest, name, to }] of moves.entries()) {
      if (at > 0)
        await clock.sleep((await this.#parts.settings()).rebalancePause * 1000, this.#closed.signal);
      if ((await this.#policy()) !== "apply" || !(await this.#note(made.at, guest, "moves"))) return;
      const moved = await this.#move(guest, { to, name });
      await this.#note(made.at, guest, moved ? "moved" : "stays");
    }
  }

  /** What is to be done now, by this host. */
  async #policy(): Promise<PlacementSettings["rebalance"]> {
    const { host, hosts, settings, clock } = this.#parts;
    const { rebalance, rebalanceHours } = await settings();
    if (rebalance === "off" || hosts()[0] !== host) return "off";
    return rebalance === "apply" && !isWithin(rebalanceHours, clock.now()) ? "plan" : rebalance;
  }

  async #move(guest: string, wish: ReturnWish): Promise<boolean> {
    const { store, hostsOf } = this.#parts;
    const key = returnKey(guest);
    const since = await store.transact({ put: [{ key, value: wish }] });
    await this.#gone(key, since);
    return hostsOf(guest).includes(wish.to);
  }

  /** Until whoever has the guest has taken the wish away. One that nobody fulfils is taken back. */
  async #gone(key: string, since: Revision): Promise<void> {
    const { store, clock } = this.#parts;
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, this.#closed.signal]);
    const late = clock.sleep(longestMove, signal).then(
      () => store.transact({ delete: [key] }),
      () => undefined,
    );
    try {
      for await (const told of follow(store, key, signal, since)) {
        const there =
          told.type === "all" ? told.items.length > 0 : told.events.every(({ type }) => type === "put");
        if (!there) break;
      }
      this.#closed.signal.throwIfAborted();
    } finally {
      over.abort();
      await late.catch(() => undefined);
    }
  }

  /** False: there is another plan by now. */
  async #note(at: number, guest: string, state: MoveState): Promise<boolean> {
    const { store } = this.#parts;
    for (;;) {
      const item = await store.get(rebalanceKey);
      const now = item?.value as PlannedRebalance | undefined;
      if (!item || now?.at !== at) return false;
      const value = {
        ...now,
        moves: now.moves.map((move) => (move.guest === guest ? { ...move, state } : move)),
      };
      try {
        await store.transact({
          compare: [{ key: rebalanceKey, revision: item.revision }],
          put: [{ key: rebalanceKey, value }],
        });
        return true;
      } catch (error) {
        if (!hasCode(error, "store.conflict")) throw error;
      }
    }
  }
}
