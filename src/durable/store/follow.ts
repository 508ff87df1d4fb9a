import { hasCode } from "#contract/errors";
import type { Item, Revision, Store, StoreEvent } from "./store.ts";

/** First everything, then what changes; everything again where history had been forgotten meanwhile. */
export type Followed =
  | { readonly type: "all"; readonly items: readonly Item[]; readonly revision: Revision }
  | { readonly type: "change"; readonly events: readonly StoreEvent[]; readonly revision: Revision };

/**
 * Whoever handles both of its answers holds a faithful copy of what is below the prefix. `since`: he knows all that there was
 * then, and is told only of what changes.
 */
export async function* follow(
  store: Store,
  prefix: string,
  signal: AbortSignal,
  since?: Revision,
): AsyncGenerator<Followed> {
  let from = since;
  while (!signal.aborted) {
    if (!from) {
      const { items, revision } = await store.list(prefix);
      yield { type: "all", items, revision };
      from = revision;
    }
    try {
      for await (const batch of store.watch(prefix, { from, signal })) {
        yield { type: "change", ...batch };
      }
      return;
    } catch (error) {
      if (!hasCode(error, "store.compacted")) throw error;
      from = undefined;
    }
  }
}

/** Brings what is known of the keys below a prefix, by what follows it in them, after what was told. */
export function take<T>(told: Followed, prefix: string, known: Map<string, T>): void {
  if (told.type === "all") {
    known.clear();
    for (const { key, value } of told.items) known.set(key.slice(prefix.length), value as T);
    return;
  }
  for (const { type, key, value } of told.events)
    if (type === "put") known.set(key.slice(prefix.length), value as T);
    else known.delete(key.slice(prefix.length));
}
