/** Networks as users see them: with the guests that run in each, of those that they see. */
import type { Schemas } from "#contract/schemas";
import type { Sight } from "#domain/access/sight";
import { hasProcess } from "#domain/guest/state";
import type { Networks } from "#domain/network/networks";
import { idOf, networkId, networkOwner, type NetworkRecord } from "#domain/network/record";
import { gatewayOf } from "#hypervisor/net/subnet";
import type { Views } from "#domain/view/views";

export interface ShownNetworksParts {
  readonly networks: Pick<Networks, "list" | "bridgeOf">;
  readonly views: Pick<Views, "caughtUp" | "guests">;
}

export function shownNetworks({ networks, views }: ShownNetworksParts) {
  const guestsIn = ({ id }: Pick<Schemas["Network"], "id">, sight: Sight): number =>
    [...views.guests.values()].filter(
      ({ project, state, nics }) =>
        hasProcess(state) &&
        nics.some(({ network }) => networkId(project, network) === id) &&
        sight.sees({ project }),
    ).length;

  function show(record: NetworkRecord, sight: Sight): Schemas["Network"] {
    const { name, kind, subnet } = record;
    const id = idOf(record);
    const { project } = networkOwner(record);
    const bridge = networks.bridgeOf(record);
    return {
      id,
      name,
      ...(project === undefined ? {} : { project }),
      kind,
      guests: guestsIn({ id }, sight),
      ...(subnet === undefined ? {} : { subnet, gateway: gatewayOf(subnet) }),
      ...(bridge === undefined ? {} : { bridge }),
    };
  }

  return {
    guestsIn,
    async list(sight: Sight): Promise<Schemas["Network"][]> {
      await views.caughtUp();
      return (await networks.list())
        .filter((record) => sight.sees(networkOwner(record)))
        .map((record) => show(record, sight));
    },
  };
}
