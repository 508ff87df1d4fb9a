/**
 * Firewall groups as the store keeps them: firewalls/PROJECT/NAME. Guests' and networks' records name those whose
 * rules hold for them.
 */
import type { Firewall } from "#contract/schema/firewall";
import type { ReadStore, Store } from "#durable/store/store";
import { find } from "#durable/store/update";
import { LodgeError } from "#contract/errors";

export interface FirewallRecord extends Omit<Firewall, "guests" | "networks"> {}

export const firewallPrefix = "firewalls/";
export const firewallKey = (project: string, name: string): string => `${firewallPrefix}${project}/${name}`;

export const listFirewalls = async (store: ReadStore): Promise<FirewallRecord[]> =>
  (await store.list(firewallPrefix)).items.map(({ value }) => value as FirewallRecord);

/** @throws LodgeError firewall.not_found */
export async function firewallByName(
  store: ReadStore,
  project: string,
  name: string,
): Promise<FirewallRecord> {
  const item = await find(store, firewallKey(project, name));
  if (!item) throw new LodgeError("firewall.not_found", { firewall: name });
  return item.value as FirewallRecord;
}

/** Whichever project's. @throws LodgeError firewall.not_found */
export async function firewallById(store: Store, id: string): Promise<FirewallRecord> {
  const found = (await listFirewalls(store)).find((one) => one.id === id);
  if (!found) throw new LodgeError("firewall.not_found", { firewall: id });
  return found;
}

/** That a guest's or network's groups are there. @throws LodgeError firewall.not_found */
export async function requireFirewalls(
  store: Store,
  project: string,
  names: readonly string[],
): Promise<void> {
  for (const name of names) await firewallByName(store, project, name);
}
