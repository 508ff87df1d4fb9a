/**
 * Removes a desktop pool.
 *
 *   decide ─commit─► clear
 *   the pool is gone, and    its standbys and desktops on this host are removed; other hosts see that it is gone
 *   nobody gets one of it    and do the same (keeper.ts)
 */
import { LodgeError } from "#contract/errors";
import { defineOperation } from "#durable/operation/define";
import type { Store } from "#durable/store/store";
import { ailKeys } from "./pool-ail.ts";
import {
  desktopLostKey,
  desktopPoolKey,
  desktopPoolNameKey,
  desktopTurnKey,
  desktopWordsKey,
  listDesktops,
  poolById,
  type PoolRecord,
} from "./record.ts";

export interface PoolRemoveInput {
  readonly pool: string;
  readonly force: boolean;
}

export interface PoolRemoveParts {
  readonly store: Store;
  /** Resolves when nothing of a pool that is gone is left on this host. */
  readonly clear: (pool: string, signal: AbortSignal) => Promise<void>;
}

export function definePoolRemove({ store, clear }: PoolRemoveParts) {
  return defineOperation<PoolRemoveInput, { readonly pool: PoolRecord }>({
    kind: "desktop-pool.remove",
    steps: [
      {
        name: "decide",
        commitPoint: true,
        async do({ input, state, save, commit }) {
          if (state.pool) return;
          const item = await store.get(desktopPoolKey(input.pool));
          const pool = await poolById(store, input.pool);
          // Read before they are counted: a claim compares the pool, and is refused once it is gone.
          const held = (await listDesktops(store)).filter((one) => one.pool === pool.id && !one.ending);
          if (held.length > 0 && !input.force)
            throw new LodgeError("desktop_pool.in_use", { count: held.length, pool: pool.name });
          const turn = await store.get(desktopTurnKey(pool.id));
          const ofPeople = await Promise.all(
            [desktopLostKey, desktopWordsKey].map((keyOf) => store.list(keyOf(pool.id, ""))),
          );
          await save({ pool });
          await commit({
            compare: [{ key: desktopPoolKey(pool.id), revision: item!.revision }],
            delete: [
              desktopPoolKey(pool.id),
              desktopPoolNameKey(pool.project, pool.name),
              ...(turn ? [turn.key] : []),
              ...ofPeople.flatMap(({ items }) => items.map(({ key }) => key)),
              ...(await ailKeys(store, pool.id)),
            ],
          });
        },
      },
      { name: "clear", do: ({ input, signal }) => clear(input.pool, signal) },
    ],
  });
}
