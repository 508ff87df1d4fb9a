/**
 * Moves guests that this host has to where they are wished (record.ts), some at a time. A wish that cannot be met is taken away, with
 * an event that says why: nobody waits for it.
 */
import { asLodgeError } from "#contract/errors";
import type { Clock } from "#base/clock";
import type { Log } from "#base/log";
import { Semaphore } from "#base/queue";
import type { Followed } from "#durable/store/follow";
import { keepUp } from "#durable/store/keep-up";
import type { Store } from "#durable/store/store";
import type { EventLog } from "../../host/events.ts";
import { returnPrefix, type ReturnWish } from "./record.ts";

export interface ReturnsParts {
  /** What all share. */
  readonly store: Store;
  readonly host: string;
  /** Is it this host's? */
  readonly isHere: (guest: string) => boolean;
  readonly move: (guest: string, to: string, signal: AbortSignal) => Promise<void>;
  /** Moves at once. */
  readonly atOnce: number;
  readonly events: Pick<EventLog, "append">;
  readonly clock: Clock;
  readonly log: Log;
}

export class Returns {
  readonly #parts: ReturnsParts;
  readonly #places: Semaphore;
  readonly #closed = new AbortController();
  readonly #under = new Set<string>();

  constructor(parts: ReturnsParts) {
    this.#parts = parts;
    this.#places = new Semaphore(parts.atOnce);
  }

  open(): void {
    const hear = (told: Followed) => {
      for (const { key, value } of told.type === "all" ? told.items : told.events)
        if (value !== undefined) this.#take(key, value as ReturnWish);
    };
    const missed = "guests that are to go back are looked for again";
    void keepUp(this.#parts, { prefix: returnPrefix, hear, missed }, this.#closed.signal);
  }

  close(): void {
    this.#closed.abort();
  }

  #take(key: string, { to, name }: ReturnWish): void {
    const guest = key.slice(returnPrefix.length);
    const { host, isHere, log } = this.#parts;
    if (to === host || !isHere(guest) || this.#under.has(guest)) return;
    this.#under.add(guest);
    this.#places
      .run(() => this.#move(key, { guest, to, name }))
      .catch((error: unknown) => log.warn({ err: error, guest }, "a guest's wish to go back stays"))
      .finally(() => this.#under.delete(guest));
  }

  async #move(key: string, { guest, to, name }: ReturnWish & { readonly guest: string }): Promise<void> {
    const { store, move, events } = this.#parts;
    const { signal } = this.#closed;
    // It may have been taken back while this one waited.
    if (signal.aborted || !(await store.get(key))) return;
    try {
      await move(guest, to, signal);
    } catch (error) {
      if (signal.aborted) return;
      const { message } = asLodgeError(error);
      events.append({
        kind: "guest.not_returned",
        guest: { id: guest, name },
        message: `${name} stays: ${message}`,
      });
    }
    await store.transact({ delete: [key] });
  }
}
