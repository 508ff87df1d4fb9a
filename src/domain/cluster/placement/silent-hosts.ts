/**
 * Hosts that did not answer just now: until their beat is missed, or they answer again, nobody else waits for them either.
 */
import type { Clock } from "#base/clock";

/** Milliseconds: a beat is missed after six seconds. */
const lasting = 8_000;

export class SilentHosts {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #until = new Map<string, number>();

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
  }

  note(host: string): void {
    this.#until.set(host, this.#clock.monotonic() + lasting);
  }

  /** What they and others are refused for. */
  and(refused: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
    const now = this.#clock.monotonic();
    for (const [host, until] of this.#until) if (until <= now) this.#until.delete(host);
    if (this.#until.size === 0) return refused;
    return new Map([
      ...[...this.#until.keys()].map((host) => [host, "it did not answer"] as const),
      ...refused,
    ]);
  }
}
