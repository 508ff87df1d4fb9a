/**
 * Memory that a guest leaves to the host for a time: as its owner said (`memoryTarget`), or since the host is short of
 * it, until it is no more.
 *
 * Free memory comes back by itself (free page reporting); what a balloon takes besides is what the guest keeps of its
 * files. So half of what it says is available is asked for, and it always keeps a quarter of its memory.
 */
import { balloonSize, setBalloon } from "#hypervisor/qemu/balloon";
import type { FleetView } from "./fleet-view.ts";
import { balloonWish, bootMemory } from "./plugged.ts";
import type { GuestRecord } from "./record.ts";

/** Milliseconds: a guest that does not answer is passed over. */
const patience = 2000;
/** Bytes that are worth the work. */
const least = 16 * 2 ** 20;

/** The least that a guest may be asked to get along with. */
export const leastTarget = (memory: number): number => memory / 4;

/** Has it memory of its own, and a balloon in it? A fork's is a file's, of which nothing can be given back. */
export const hasBalloon = ({ machine, process }: GuestRecord): boolean =>
  machine.balloon === true && process?.ram.kind === "own";

/** Pure: what it is to have, of which it has `actual`; undefined where that frees too little. */
export function squeezed(memory: number, actual: number, available: number): number | undefined {
  const wanted = Math.max(Math.ceil(leastTarget(memory)), actual - Math.floor(available / 2));
  return actual - wanted < least ? undefined : wanted;
}

export class Balloons {
  readonly #fleet: Pick<FleetView, "get">;
  /** Guests that are squeezed. */
  readonly #squeezed = new Set<string>();

  constructor(fleet: Pick<FleetView, "get">) {
    this.#fleet = fleet;
  }

  /** Asks a guest to leave memory to the host. @returns bytes that will come back; 0 where there are none */
  async squeeze(record: GuestRecord): Promise<number> {
    const live = this.#fleet.get(record.id);
    if (!live || record.state !== "running" || !hasBalloon(record) || this.#squeezed.has(record.id)) return 0;
    try {
      const { memoryAvailable = 0 } = await live.inside.facts({ timeout: patience });
      const actual = await balloonSize(live.monitor);
      const wanted = squeezed(bootMemory(record), actual, memoryAvailable);
      if (wanted === undefined) return 0;
      await setBalloon(live.monitor, wanted);
      this.#squeezed.add(record.id);
      return actual - wanted;
    } catch {
      return 0;
    }
  }

  /** Gives one guest back what it was asked for. @returns whose it is; undefined: nobody is squeezed */
  async relax(recordOf: (id: string) => Promise<GuestRecord | undefined>): Promise<GuestRecord | undefined> {
    for (const id of this.#squeezed) {
      this.#squeezed.delete(id);
      const live = this.#fleet.get(id);
      const record = await recordOf(id);
      if (!live || !record) continue;
      await setBalloon(live.monitor, balloonWish(record));
      return record;
    }
    return undefined;
  }
}
