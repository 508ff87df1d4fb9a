/** By what policy guests are placed and spread: the admin's word in the store, or else the default. All hosts share it. */
import type { PlacementSettings, PlacementSettingsUpdate } from "#contract/schema/placement";
import type { Store } from "#durable/store/store";
import { update } from "#durable/store/update";
import { requireHours } from "../rebalance/hours.ts";
import { defaultRebalance } from "#domain/host/placement/rebalance";

const key = "settings/placement";

const defaults: PlacementSettings = {
  ...defaultRebalance,
  reserve: 0,
  rebalance: "off",
  rebalancePause: 60,
};

export const placementSettings = async (store: Store): Promise<PlacementSettings> => ({
  ...defaults,
  ...((await store.get(key))?.value as Partial<PlacementSettings> | undefined),
});

/** null: the default again. @throws LodgeError api.invalid */
export async function changePlacementSettings(
  store: Store,
  change: PlacementSettingsUpdate,
): Promise<PlacementSettings> {
  if (change.rebalanceHours) requireHours(change.rebalanceHours);
  await update<Partial<PlacementSettings>>(store, key, (now) => {
    const all = Object.entries({ ...now, ...change });
    return Object.fromEntries(all.filter(([, value]) => value !== null));
  });
  return placementSettings(store);
}
