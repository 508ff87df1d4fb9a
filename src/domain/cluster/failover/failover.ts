/**
 * Watches the other hosts' beats, and takes over from those that are lost.
 *
 *   beat ──► gone ──(a moment, in which it may come back by itself)──► takeOver ──► done
 *     ▲                                                                  │ some-left: again later
 *     └──────────────────────────── back ◄───────────────────────────────┘
 *
 * A beat hangs on a lease and is never taken away before that has ended: once it is gone its host's fence has acted
 * (domain/host/holds.ts).
 */
import { hasCode } from "#contract/errors";
import type { Clock } from "#base/clock";
import { takeOver, type LostHost, type TakeOverParts } from "./take-over.ts";

/** What is asked of the members of the cluster. */
export interface Beats {
  all(): readonly (LostHost & { readonly witness?: true })[];
  beat(id: string): unknown;
  onChange(listener: () => void, signal: AbortSignal): void;
}

export interface FailoverParts extends TakeOverParts {
  readonly members: Beats;
  readonly clock: Clock;
  /** A host that was lost has a beat again. */
  readonly onBack: (host: string) => void;
}

/** Milliseconds. Nothing hangs on the moment: each change that follows compares that the host has no beat. */
const moment = 200;
const again = 10_000;

export class Failover {
  readonly #parts: FailoverParts;
  readonly #closed = new AbortController();
  /** Who is being looked after, each until it has a beat again or nothing of it is left. */
  readonly #busy = new Set<string>();

  constructor(parts: FailoverParts) {
    this.#parts = parts;
  }

  open(): void {
    this.#parts.members.onChange(() => this.#look(), this.#closed.signal);
    this.#look();
  }

  close(): void {
    this.#closed.abort();
  }

  #look(): void {
    const { members, host } = this.#parts;
    for (const { id, name, witness } of members.all()) {
      if (id === host || witness || members.beat(id) !== undefined || this.#busy.has(id)) continue;
      this.#busy.add(id);
      void this.#lookAfter({ id, name }).finally(() => this.#busy.delete(id));
    }
  }

  async #lookAfter(lost: LostHost): Promise<void> {
    const { members, clock, log } = this.#parts;
    const said = new Map<string, string>();
    const { signal } = this.#closed;
    const isLost = () => !signal.aborted && members.beat(lost.id) === undefined;
    for (let pause = moment; ;) {
      await clock.sleep(pause, signal).catch(() => undefined);
      if (!isLost() || !members.all().some(({ id }) => id === lost.id)) {
        if (members.beat(lost.id) !== undefined) this.#parts.onBack(lost.id);
        return;
      }
      pause = again;
      try {
        await takeOver({ ...this.#parts, said }, lost, signal);
      } catch (error) {
        // Without the store nothing is taken over; it may be this host that is lost, or a vote of the store's that lost its leader.
        if (hasCode(error, "store.unavailable", "store.unsettled")) pause = moment;
        else log.error({ err: error, host: lost.id }, "what a lost host had was not taken over");
      }
    }
  }
}
