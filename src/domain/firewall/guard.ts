/**
 * Keeps the guard of this host's bridges as the records say. Whoever changes a guest's NICs, a network or a group
 * asks for a refresh, which reads the records; refreshes that wait are one.
 */
import { SerialQueue } from "#base/queue";
import type { Store } from "#durable/store/store";
import type { CarriedSet } from "#hypervisor/net/guard/carried";
import { BridgeGuard, type PortCounts } from "#hypervisor/net/guard/guard";
import type { HeardAddress } from "#hypervisor/net/guard/heard";
import { guardPlan, type GuardedGuest, type GuardedNetwork } from "./plan.ts";
import { listFirewalls } from "./record.ts";

export interface GuardParts {
  readonly store: Store;
  readonly tag: string;
  readonly guests: () => Promise<readonly GuardedGuest[]>;
  /** Those of other hosts. */
  readonly elsewhere?: () => readonly GuardedGuest[];
  /** Those that have a bridge. */
  readonly networks: () => Promise<readonly GuardedNetwork[]>;
}

export class Guard {
  readonly #parts: GuardParts;
  readonly #bridges: BridgeGuard;
  readonly #queue = new SerialQueue();
  #waiting: Promise<void> | undefined;
  #opened = false;
  /** Guests that are being removed, whose records are still there. */
  readonly #gone = new Set<string>();

  constructor(parts: GuardParts) {
    this.#parts = parts;
    this.#bridges = new BridgeGuard(parts.tag);
  }

  /** Where this process may administer the host's network; until then a refresh does nothing. */
  open(): Promise<void> {
    this.#opened = true;
    return this.refresh();
  }

  /** Resolves when the host is as the records were at some moment after the call. */
  refresh(): Promise<void> {
    if (!this.#opened) return Promise.resolve();
    this.#waiting ??= this.#queue.run(() => {
      this.#waiting = undefined;
      return this.#apply();
    });
    return this.#waiting;
  }

  /** A guest is gone, or about to be. */
  forget(guest: string): Promise<void> {
    this.#gone.add(guest);
    return this.refresh();
  }

  async #apply(): Promise<void> {
    const { store, tag, guests, networks, elsewhere } = this.#parts;
    const [known, bridged, groups] = await Promise.all([guests(), networks(), listFirewalls(store)]);
    for (const id of this.#gone) if (!known.some((guest) => guest.id === id)) this.#gone.delete(id);
    const there = known.filter(({ id }) => !this.#gone.has(id));
    await this.#bridges.apply(
      guardPlan({ tag, guests: there, elsewhere: elsewhere?.() ?? [], networks: bridged, groups }),
    );
    await this.#bridges.endFlows();
  }

  flowsOf(taps: readonly string[]): Promise<CarriedSet[][]> {
    return this.#bridges.flowsOf(taps);
  }

  /** After the port is there: see refresh(). */
  takeFlows(tap: string, carried: readonly CarriedSet[]): Promise<void> {
    return this.#queue.run(() => this.#bridges.takeFlows(tap, carried));
  }

  heard(): Promise<HeardAddress[]> {
    return this.#bridges.heard();
  }

  counts(): Promise<(tap: string) => PortCounts | undefined> {
    return this.#bridges.counts();
  }

  allowed(group: string): Promise<ReadonlyMap<string, number>> {
    return this.#bridges.allowed(group);
  }

  remove(): Promise<void> {
    this.#opened = false;
    return this.#queue.run(() => this.#bridges.remove());
  }
}
