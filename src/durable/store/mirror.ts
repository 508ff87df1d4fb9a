/**
 * Follows the whole store from one listing on and hands out each change in order, as long as the daemon
 * lives. What is kept of them is the listener's business.
 *
 * A mirror lags behind the store by a moment. `caughtUp` waits until it has seen whatever was committed
 * before the call, so that who reads after a write finds what was written.
 */
import { hasCode, LodgeError } from "#contract/errors";
import { onceAnswered } from "./once-answered.ts";
import type { Item, Revision, Store, StoreEvent, WatchBatch } from "./store.ts";

export interface MirrorListener {
  /** Everything there is below the prefix, at first and again where history had been forgotten meanwhile. */
  all(items: readonly Item[], revision: Revision): void;
  /** What one transaction changed. */
  change(events: readonly StoreEvent[], revision: Revision): void;
}

/** A place below which nothing is kept: listing it tells the store's revision and nothing else. */
export const nowhere = "none/";

/** Milliseconds after which the store is asked again by whoever waits for a change. */
const askAgain = 1000;

export class Mirror {
  readonly #store: Store;
  readonly #prefixes: readonly string[];
  readonly #listener: MirrorListener;
  readonly #closed = new AbortController();
  #revision: Revision = { epoch: "", number: -1 };
  #waiting: { readonly number: number; readonly done: () => void }[] = [];
  #failure: unknown;

  /** `prefixes`: what is listed at first. Changes are told of all that there is. */
  constructor(store: Store, prefixes: readonly string[], listener: MirrorListener) {
    this.#store = store;
    this.#prefixes = prefixes;
    this.#listener = listener;
  }

  /** What has been handed out. */
  get revision(): Revision {
    return this.#revision;
  }

  /** Resolves once everything has been handed out for the first time. */
  async open(): Promise<void> {
    const watch = await this.#begin();
    this.#follow(watch).then(
      () => this.#end(new LodgeError("store.unavailable", { path: "", reason: "it is closed" })),
      (error: unknown) => this.#end(error),
    );
  }

  close(): void {
    this.#closed.abort();
  }

  /** Resolves when everything that was committed before this call has been handed out. @throws LodgeError store.unavailable */
  async caughtUp(): Promise<Revision> {
    const { number } = (await this.#store.list(nowhere, { limit: 1 })).revision;
    while (this.#revision.number < number && this.#failure === undefined) {
      await this.#reaches(number);
      // Whether there is still somebody to be waited for.
      if (this.#revision.number < number) await this.#store.list(nowhere, { limit: 1 });
    }
    if (this.#failure !== undefined) throw this.#failure;
    return this.#revision;
  }

  /** Or not, for a while. */
  async #reaches(number: number): Promise<void> {
    const { promise, resolve: done } = Promise.withResolvers<void>();
    const timer = setTimeout(done, askAgain);
    this.#waiting.push({ number, done });
    await promise;
    clearTimeout(timer);
  }

  /** Lists everything, and watches from a moment before that: what comes twice comes in order. */
  async #begin(): Promise<AsyncIterable<WatchBatch>> {
    const items: Item[] = [];
    const { revision: from } = await this.#store.list(nowhere, { limit: 1 });
    for (const prefix of this.#prefixes) items.push(...(await this.#store.list(prefix)).items);
    const watch = this.#store.watch("", { from, signal: this.#closed.signal });
    this.#revision = from;
    this.#listener.all(items, from);
    this.#release();
    return watch;
  }

  async #follow(first: AsyncIterable<WatchBatch>): Promise<void> {
    for (let watch = first; ; watch = await onceAnswered(() => this.#begin(), this.#closed.signal)) {
      try {
        for await (const { events, revision } of watch) {
          this.#revision = revision;
          this.#listener.change(events, revision);
          this.#release();
        }
        return;
      } catch (error) {
        if (!hasCode(error, "store.compacted")) throw error;
      }
    }
  }

  #release(): void {
    if (this.#waiting.length === 0) return;
    const reached = this.#revision.number;
    const released = this.#waiting.filter(({ number }) => number <= reached);
    this.#waiting = this.#waiting.filter(({ number }) => number > reached);
    for (const { done } of released) done();
  }

  #end(error: unknown): void {
    this.#failure = error;
    for (const { done } of this.#waiting) done();
    this.#waiting = [];
  }
}
