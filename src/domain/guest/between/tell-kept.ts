/** Tells hosts outside that a guest which was to come to them stays here, where they did not hear it at once: until they do. */
import { hasCode } from "#contract/errors";
import type { Clock } from "#base/clock";
import type { Log } from "#base/log";
import type { Store } from "#durable/store/store";
import type { HostsAbroad } from "./host-abroad.ts";
import { listVerdicts, verdictKey, type Verdict } from "./verdict.ts";

export interface TellKeptParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly abroad: HostsAbroad;
}

/** Milliseconds between two tries. */
const pause = 5_000;

export class TellKept {
  readonly #parts: TellKeptParts;
  readonly #closed = new AbortController();
  readonly #telling = new Set<string>();

  constructor(parts: TellKeptParts) {
    this.#parts = parts;
  }

  /** Goes on with what an earlier daemon could not tell. */
  async open(): Promise<void> {
    for (const verdict of await listVerdicts(this.#parts.store)) if (!verdict.taken) this.tell(verdict);
  }

  close(): void {
    this.#closed.abort();
  }

  readonly tell = (verdict: Verdict): void => {
    if (this.#telling.has(verdict.visit)) return;
    this.#telling.add(verdict.visit);
    void this.#insist(verdict).finally(() => this.#telling.delete(verdict.visit));
  };

  async #insist({ visit, guest }: Verdict): Promise<void> {
    const { store, clock, log, abroad } = this.#parts;
    const { signal } = this.#closed;
    for (let told = false; !signal.aborted; told = true) {
      try {
        const host = await abroad.find(visit);
        try {
          await host.end(guest, false, signal);
        } finally {
          host.close();
        }
        await store.transact({ delete: [verdictKey(visit)] });
        return;
      } catch (error) {
        if (signal.aborted) return;
        // Whoever does not know this host any more has nothing of the guest either.
        if (hasCode(error, "visit.token_invalid"))
          return void (await store.transact({ delete: [verdictKey(visit)] }));
        if (!told) log.warn({ err: error, visit }, "a host is not told yet that a guest stays here");
      }
      await clock.sleep(pause, signal).catch(() => undefined);
    }
  }
}
