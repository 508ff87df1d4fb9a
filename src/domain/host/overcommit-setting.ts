/** How far the host is over-committed: the owner's word in the store, or else the default. */
import type { Store } from "#durable/store/store";
import { update } from "#durable/store/update";
import type { Shares } from "./promise.ts";

const key = "settings/overcommit";

/** What is absent is by default. */
export const overcommitSetting = async (store: Store): Promise<Partial<Shares>> =>
  ((await store.get(key))?.value as Partial<Shares> | undefined) ?? {};

/** null: the default again. */
export async function changeOvercommit(
  store: Store,
  change: { readonly [what in keyof Shares]?: number | null },
): Promise<void> {
  await update<Partial<Shares>>(store, key, (now) => {
    const all = Object.entries({ ...now, ...change });
    return Object.fromEntries(all.filter(([, ratio]) => typeof ratio === "number"));
  });
}
