/**
 * Hands each committed change to the watchers in this process, without polling.
 *
 * A subscription begins by catching up: what is published meanwhile waits. `begin` gives it the history
 * up to a revision and lets go of what waited after that one. So a watch has neither gap nor repetition,
 * whatever the order in which history and news arrive.
 *
 *   subscribe ──► catching up ──begin──► live ──► ended (signal, close)
 *                      └───────fail────────┴──► failed
 */
import { LodgeError } from "#contract/errors";
import type { StoreEvent, WatchBatch } from "./store.ts";

/** A change with its values still in JSON; null: there is none. */
export interface EncodedEvent {
  readonly key: string;
  readonly json: string | null;
  readonly previous: string | null;
}

/** What one transaction changed, in whichever form its publisher has it. */
export interface Batch<Event> {
  readonly number: number;
  readonly events: readonly Event[];
}

export type EncodedBatch = Batch<EncodedEvent>;

/** Batches that may wait for a slow reader, besides the history it asked for. */
const maxWaiting = 10_000;

const decode = (json: string | null): unknown => (json === null ? undefined : JSON.parse(json));

export const decodeEvent = (event: EncodedEvent): StoreEvent => ({
  type: event.json === null ? "delete" : "put",
  key: event.key,
  value: decode(event.json),
  previous: decode(event.previous),
});

export class Subscription<Event extends { readonly key: string }> {
  readonly #prefix: string;
  readonly #decode: (event: Event) => StoreEvent;
  readonly #remove: (subscription: Subscription<Event>) => void;
  readonly #signal: AbortSignal;
  readonly #onAbort = () => this.end();
  #limit = maxWaiting;
  #epoch: string | undefined;
  #queue: Batch<Event>[] = [];
  #wake: (() => void) | undefined;
  #ended = false;
  #failure: unknown;

  constructor(
    prefix: string,
    signal: AbortSignal,
    decode: (event: Event) => StoreEvent,
    remove: (subscription: Subscription<Event>) => void,
  ) {
    this.#prefix = prefix;
    this.#decode = decode;
    this.#remove = remove;
    this.#signal = signal;
    if (signal.aborted) this.end();
    else signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Goes live: `history` is what happened until `number`. */
  begin(epoch: string, number: number, history: readonly Batch<Event>[]): void {
    const news = this.#queue.filter((batch) => batch.number > number);
    this.#epoch = epoch;
    this.#queue = [];
    this.#limit = maxWaiting + history.length;
    for (const batch of [...history, ...news]) this.publish(batch);
  }

  publish(batch: Batch<Event>): void {
    const events = batch.events.filter((event) => event.key.startsWith(this.#prefix));
    if (events.length === 0) return;
    if (this.#queue.length >= this.#limit) {
      return this.fail(new LodgeError("store.compacted", { revision: batch.number }));
    }
    this.#queue.push({ number: batch.number, events });
    this.#wake?.();
  }

  fail(error: unknown): void {
    this.#failure ??= error;
    this.#queue = [];
    this.end();
  }

  end(): void {
    this.#ended = true;
    this.#signal.removeEventListener("abort", this.#onAbort);
    this.#remove(this);
    this.#wake?.();
  }

  async *batches(): AsyncGenerator<WatchBatch, void, void> {
    try {
      while (!this.#ended) {
        const batch = this.#epoch === undefined ? undefined : this.#queue.shift();
        if (batch !== undefined && this.#epoch !== undefined) {
          const revision = { epoch: this.#epoch, number: batch.number };
          yield { revision, events: batch.events.map(this.#decode) };
        } else {
          await new Promise<void>((resolve) => (this.#wake = resolve));
        }
      }
      if (this.#failure !== undefined) throw this.#failure;
    } finally {
      this.end();
    }
  }
}

export class WatchHub<Event extends { readonly key: string }> {
  readonly #decode: (event: Event) => StoreEvent;
  readonly #subscriptions = new Set<Subscription<Event>>();

  /** `decode`: called for each watcher, so that what one does to a value no other sees; or values are not to be changed. */
  constructor(decode: (event: Event) => StoreEvent) {
    this.#decode = decode;
  }

  subscribe(prefix: string, signal: AbortSignal): Subscription<Event> {
    const subscription = new Subscription(prefix, signal, this.#decode, (it: Subscription<Event>) =>
      this.#subscriptions.delete(it),
    );
    if (!subscription.ended) this.#subscriptions.add(subscription);
    return subscription;
  }

  publish(batches: readonly Batch<Event>[]): void {
    for (const batch of batches) {
      for (const subscription of this.#subscriptions) subscription.publish(batch);
    }
  }

  /** Ends every watch; with an error where the store broke. */
  close(error?: unknown): void {
    for (const subscription of this.#subscriptions) {
      if (error === undefined) subscription.end();
      else subscription.fail(error);
    }
  }
}
