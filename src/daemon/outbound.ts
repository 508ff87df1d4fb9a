import { outboundFilter } from "#domain/host/outbound";
import type { AddressFilter } from "#base/outbound";
import type { Networks } from "#domain/network/networks";
import type { Store } from "#durable/store/store";

/** Where addresses that users give may lead, as this host's networks and rules are at the moment. */
export const outboundOf =
  (store: Store, networks: Pick<Networks, "list">): (() => Promise<AddressFilter>) =>
  () =>
    outboundFilter({
      store,
      subnets: async () =>
        (await networks.list()).flatMap(({ subnet, subnet6 }) => [subnet ?? [], subnet6 ?? []].flat()),
    });
