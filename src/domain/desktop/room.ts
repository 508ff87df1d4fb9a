/**
 * When there is room to make a standby, which takes a processor for some seconds: whoever has just come wants it for what he
 * opens first. It waits for a processor that nobody uses, but not for long.
 */
import type { Clock } from "#base/clock";

export interface RoomParts {
  readonly clock: Clock;
  /** Processor seconds that the host has taken so far, and how many processors it has. */
  readonly usage: () => Promise<{ readonly cpuSeconds: number; readonly cpus: number }>;
}

/** Milliseconds for which somebody counts as having just come. */
const moments = 20_000;
/** Milliseconds over which is looked what processors do. */
const stretch = 3_000;

export class Room {
  readonly #parts: RoomParts;
  #came = -Infinity;

  constructor(parts: RoomParts) {
    this.#parts = parts;
  }

  /** Somebody has got a desktop. */
  taken(): void {
    this.#came = this.#parts.clock.monotonic();
  }

  /** Resolves when there is room: at once where nobody has just come, else after 20 s at most, however many still come. */
  async awaited(signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts;
    const latest = clock.monotonic() + moments;
    while (clock.monotonic() < Math.min(this.#came + moments, latest))
      if ((await this.#idle(signal)) >= 1) return;
  }

  /** Processors that had nothing to do. */
  async #idle(signal: AbortSignal): Promise<number> {
    const { clock, usage } = this.#parts;
    const [since, before] = [clock.monotonic(), await usage()];
    await clock.sleep(stretch, signal);
    const [now, after] = [clock.monotonic(), await usage()];
    return after.cpus - (after.cpuSeconds - before.cpuSeconds) / ((now - since) / 1_000);
  }
}
