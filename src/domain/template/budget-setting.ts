/** What templates may take: the owner's word in the store, or else a default by the host's size. */
import type { Store } from "#durable/store/store";
import { update } from "#durable/store/update";
import { fileSystemSize } from "#hypervisor/disk/space";
import { readMemory } from "#hypervisor/host/memory";
import type { Budget } from "./budget.ts";

const key = "settings/template-budget";

/** In bytes; what is absent is by default. */
export type BudgetSetting = Partial<Budget>;

const leastDisk = 2 * 1024 ** 3;

/**
 * For a host of this size. A quarter of the memory: it holds a dozen templates on a small host and leaves to
 * guests what they change. A tenth of the disk, which is cheap until guests want it; 2 GiB at least, which
 * holds a few on a small one.
 */
export const defaultBudget = (host: { readonly memory: number; readonly disk: number }): Budget => ({
  memory: Math.floor(host.memory / 4),
  disk: Math.floor(Math.max(host.disk / 10, leastDisk)),
});

export const budgetSetting = async (store: Store): Promise<BudgetSetting> =>
  ((await store.get(key))?.value as BudgetSetting | undefined) ?? {};

/** `folder`: where templates are kept. */
export async function currentBudget(store: Store, folder: string): Promise<Budget> {
  const [setting, { total }, disk] = await Promise.all([
    budgetSetting(store),
    readMemory(),
    fileSystemSize(folder),
  ]);
  return { ...defaultBudget({ memory: total, disk }), ...setting };
}

/** null: the default again. */
export async function changeBudget(
  store: Store,
  change: { readonly memory?: number | null; readonly disk?: number | null },
): Promise<void> {
  await update<BudgetSetting>(store, key, (now) => {
    const all = Object.entries({ ...now, ...change });
    return Object.fromEntries(all.filter(([, bytes]) => typeof bytes === "number"));
  });
}
