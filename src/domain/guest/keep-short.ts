/** Has the chains of running guests shortened when they have become too long: one guest after another. */
import type { OperationEngine } from "#durable/operation/engine";
import type { Followed } from "#durable/store/follow";
import { keepUp, type KeepUpParts } from "#durable/store/keep-up";
import type { Store } from "#durable/store/store";
import { aboveHeld, longestChain } from "../volume/chain.ts";
import { chainOf } from "../volume/layer.ts";
import { guestKey, guestPrefix, guestTarget, writtenLayers, type GuestRecord } from "./record.ts";
import { allHeld } from "./snapshot/record.ts";
import type { defineShorten } from "./shorten.ts";

export interface KeepShortParts extends KeepUpParts {
  readonly engine: Pick<OperationEngine, "start" | "holderOf">;
  readonly shorten: ReturnType<typeof defineShorten>;
}

/** What all of these operations hold, so that no two copy at once. */
const turn = "chains";

/** The layers of a guest's longest chain, of those that can become fewer. */
export async function chainLength(store: Store, guest: GuestRecord): Promise<number> {
  const held = await allHeld(store);
  const length = async (top: string) => aboveHeld(await chainOf(store, top), held).length;
  return Math.max(0, ...(await Promise.all(Object.values(writtenLayers(guest)).map(length))));
}

/** Looks at each guest whose record changes (a branch, a start, …) until aborted. */
export function watchChains(parts: KeepShortParts): AbortController {
  const stop = new AbortController();
  const watching = new Watching(parts);
  const hear = (told: Followed) => {
    for (const { value } of told.type === "all" ? told.items : told.events)
      if (value !== undefined) watching.look(value as GuestRecord);
  };
  void keepUp(
    parts,
    { prefix: guestPrefix, hear, missed: "guests' chains are looked at again" },
    stop.signal,
  );
  return stop;
}

class Watching {
  readonly #parts: KeepShortParts;
  /** Guests that have changed since they were looked at. */
  readonly #changed = new Set<string>();
  /** Guests that are looked at, or shortened, now. */
  readonly #attended = new Set<string>();

  constructor(parts: KeepShortParts) {
    this.#parts = parts;
  }

  look({ id, state }: GuestRecord): void {
    if (state !== "running" && state !== "paused") return;
    this.#changed.add(id);
    if (!this.#attended.has(id)) void this.#attend(id);
  }

  async #attend(id: string): Promise<void> {
    this.#attended.add(id);
    try {
      while (this.#changed.delete(id)) await this.#shorten(id);
    } catch (error) {
      this.#parts.log.warn({ err: error, guest: id }, "a chain of layers could not be looked at");
    } finally {
      this.#attended.delete(id);
    }
  }

  async #shorten(id: string): Promise<void> {
    const { store, engine, shorten } = this.#parts;
    const guest = (await store.get(guestKey(id)))?.value as GuestRecord | undefined;
    if (!guest || (await chainLength(store, guest)) <= longestChain) return;
    const options = { targets: [guestTarget(id), turn], project: guest.project, yields: true };
    const { completion } = await engine.start(shorten, { guest: id, urgent: false }, options);
    const { status } = await completion;
    // It gave way to somebody; one that a user cancelled is left alone until the guest changes.
    if (status === "cancelled" && engine.holderOf(guestTarget(id)) !== undefined) this.#changed.add(id);
  }
}
