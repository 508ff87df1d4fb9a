/** How the conformance suite gets its stores. */
import type { Clock } from "#base/clock";
import type { Store } from "./store.ts";

export interface MakeStoreOptions {
  clock?: Clock;
  history?: number;
}

export interface StoreMaker {
  /** An empty store. */
  make(options?: MakeStoreOptions): Promise<Store>;
  /** A store with what `backup` wrote to the path. */
  restore(path: string): Promise<Store>;
}

/** Runs `body` with a new store and closes it. */
export type WithStore = (body: (store: Store) => Promise<void>, options?: MakeStoreOptions) => Promise<void>;

export const withStores =
  (maker: StoreMaker): WithStore =>
  async (body, options) => {
    const store = await maker.make(options);
    try {
      await body(store);
    } finally {
      await store.close();
    }
  };
