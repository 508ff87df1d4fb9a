/**
 * `template rm`: no guest forks from it any more.
 *
 *   retire ──► collect
 *   │          what no guest uses is freed, now; the rest with its last user, by upkeep.ts
 *   commit point: it is stale
 */
import { defineOperation } from "#durable/operation/define";
import type { Store } from "#durable/store/store";
import { templateKey, type TemplateRecord } from "./record.ts";
import { mayRetire, type Stock } from "./stock.ts";

export interface RemoveResult {
  /** False: guests use it, and it goes with the last of them. */
  readonly gone: boolean;
}

export const defineTemplateRemove = ({ store, stock }: { readonly store: Store; readonly stock: Stock }) =>
  defineOperation<{ readonly template: string }, { readonly gone: boolean }, RemoveResult>({
    kind: "template.remove",
    steps: [
      {
        name: "retire",
        commitPoint: true,
        async do({ input, commit }) {
          const item = await store.get(templateKey(input.template));
          const record = item?.value as TemplateRecord | undefined;
          if (!item || !record) return;
          if (mayRetire(record)) await commit(stock.retirement(item, "it was removed"));
          // Whoever removes one that is to have a successor wants none.
          else if (record.succeed) await stock.forgetSuccessor(record.id);
        },
      },
      {
        name: "collect",
        async do({ input }) {
          await stock.collect();
          return { gone: !(await store.get(templateKey(input.template))) };
        },
      },
    ],
    result: ({ state }) => ({ gone: state.gone ?? true }),
  });
