/** How much groups weigh: as their guests' limits say, and more while they go before others. Of both versions. */
import { ordinaryWeight } from "./groups.ts";
import { weightFactor, type Precedence } from "./precedence.ts";

/** What the kernel takes; `ordinary` is that of an ordinary weight. */
export interface Scale {
  readonly ordinary: number;
  readonly least: number;
  readonly most: number;
}

export class Weights {
  readonly #scale: Scale;
  readonly #precedence = new Map<string, Precedence>();
  readonly #weights = new Map<string, number>();

  constructor(scale: Scale) {
    this.#scale = scale;
  }

  limit(guest: string, weight: number = ordinaryWeight): void {
    this.#weights.set(guest, weight);
  }

  precede(guest: string, precedence: Precedence): void {
    this.#precedence.set(guest, precedence);
  }

  forget(guest: string): void {
    this.#precedence.delete(guest);
    this.#weights.delete(guest);
  }

  /** What is to be written of a guest, on the kernel's scale. */
  of(guest: string): string {
    const { ordinary, least, most } = this.#scale;
    const weight = (this.#weights.get(guest) ?? ordinaryWeight) / ordinaryWeight;
    const wanted = Math.round(weight * weightFactor[this.#precedence.get(guest) ?? "ordinary"] * ordinary);
    return String(Math.min(Math.max(wanted, least), most));
  }
}
