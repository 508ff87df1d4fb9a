/** How far away the daemon is and how many pictures come, for whoever helps: measured while the page is looked at. */
import { origin } from "../../data/api.ts";

interface Measured {
  /** Milliseconds. */
  readonly roundTrip: number;
  readonly framesPerSecond: number;
}

interface MeasureOptions {
  /** Pictures that came since this was asked last. */
  pictures(): number;
  tell(measured: Measured): void;
}

const every = 10_000;
const tenth = (value: number): number => Math.round(value * 10) / 10;

export class Measure {
  readonly #options: MeasureOptions;
  readonly #timer: ReturnType<typeof setInterval>;
  #last = performance.now();

  constructor(options: MeasureOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.#measure().catch(() => undefined), every);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #measure(): Promise<void> {
    if (document.visibilityState === "hidden") return;
    const now = performance.now();
    const framesPerSecond = tenth((1000 * this.#options.pictures()) / (now - this.#last));
    this.#last = now;
    // The smallest file there is, by a connection that is open: how long that takes is the way there and back.
    await fetch(`${origin}/icon.svg`, { cache: "no-store" });
    this.#options.tell({ roundTrip: tenth(performance.now() - now), framesPerSecond });
  }
}
