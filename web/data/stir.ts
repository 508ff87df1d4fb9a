/** What else is different once an object has changed, or somebody here has changed it, and is told by no frame of its own. */
import type { QueryClient } from "@tanstack/react-query";
import type { ObjectKind } from "#contract/schema/feed";
import type { ChangeName, ReadName } from "./api.ts";
import { isOfHosts } from "./apply.ts";

const touched: Readonly<Record<ObjectKind, readonly ReadName[]>> = {
  guest: ["hostGet"],
  firewall: ["firewallGet"],
  snapshot: [],
  image: ["recipeList", "hostGet"],
  operation: [],
  network: [],
  recording: [],
  template: ["templateBudgetGet", "hostGet"],
  project: [],
  pool: [],
  volume: [],
  webhook: ["deliveryList"],
  host: ["clusterGet"],
  "desktop-pool": [],
  desktop: [],
};

/** Lists of what each host of a cluster has of its own: they may be others once work has gone on, wherever it did. */
const ofHosts: Partial<Record<ObjectKind, readonly ReadName[]>> = {
  template: ["templateList"],
  pool: ["poolList"],
  volume: ["volumeList", "poolList"],
  operation: ["volumeList", "poolList", "templateList"],
};

/** By the noun that a change's name begins with. */
const changed: Readonly<Record<string, readonly ReadName[]>> = {
  user: ["userList"],
  provider: ["providerList"],
  passkey: ["passkeyList"],
  session: ["sessionList"],
  token: ["tokenList"],
  member: ["memberList"],
  webhook: ["webhookList", "webhookGet", "deliveryList"],
  firewall: ["firewallGet"],
  pool: ["poolList"],
  network: ["networkUnderlay", "networkList", "networkGet"],
  cluster: ["clusterGet", "clusterHosts"],
  placement: ["placementSettings", "placementReserve", "placementPlanned"],
  fence: ["fenceList"],
  delivery: ["webhookGet", "deliveryList"],
};

const askAgain = (queries: QueryClient, names: readonly ReadName[] = []): void => {
  for (const name of names) void queries.invalidateQueries({ queryKey: [name] });
};

export function stir(queries: QueryClient, kind: string): void {
  askAgain(queries, touched[kind as ObjectKind]);
  for (const name of ofHosts[kind as ObjectKind] ?? [])
    void queries.invalidateQueries({ queryKey: [name], predicate: isOfHosts });
}

export const stirAfter = (queries: QueryClient, change: ChangeName): void =>
  askAgain(queries, changed[/^[a-z]+/.exec(change)?.[0] ?? ""]);
