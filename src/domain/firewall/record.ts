/**
 * Firewall groups as the store keeps them: firewalls/PROJECT/NAME. Guests' and networks' records name those whose
 * rules hold for them.
 */
import type { Firewall } from "#contract/schema/firewall";
import type { Store } from "#durable/store/store";

export interface FirewallRecord extends Omit<Firewall, "guests" | "networks"> {}

export const firewallPrefix = "firewalls/";
export const firewallKey = (project: string, name: string): string => `${firewallPrefix}${project}/${name}`;

export const listFirewalls = async (store: Store): Promise<FirewallRecord[]> =>
  (await store.list(firewallPrefix)).items.map(({ value }) => value as FirewallRecord);
