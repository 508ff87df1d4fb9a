/** Networks as users see them: with the guests that run in each, of those that they see. */
import { LodgeError } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import type { Sight } from "#domain/access/sight";
import { hasProcess } from "#domain/guest/state";
import type { NetworkMaker } from "#domain/network/define";
import type { Networks } from "#domain/network/networks";
import { gatewayIn } from "#domain/network/plan";
import { idOf, networkById, networkId, networkOwner, type NetworkRecord } from "#domain/network/record";
import type { Store } from "#durable/store/store";
import type { Spanning } from "#domain/network/spanning/spanning";
import { vniOf } from "#hypervisor/net/overlay/plan";
import { gatewayOf6 } from "#hypervisor/net/subnet6";
import type { Views } from "#domain/view/views";
import type { NetworkService } from "#server/services";

export interface ShownNetworksParts {
  readonly networks: Pick<Networks, "list" | "bridgeOf" | "problemOf">;
  readonly views: Pick<Views, "caughtUp" | "guests">;
  /** Undefined: the host stands alone. */
  readonly spanning?: Pick<Spanning, "hostsOf"> | undefined;
}

/** What a record has, and is said as it is. */
const said = ({
  description,
  uplink,
  mtu,
  domain,
  dns,
  routes,
  isolateGuests,
  createdAt,
}: NetworkRecord) => ({
  ...(description === undefined ? {} : { description }),
  ...(uplink ? { uplink: uplink.device } : {}),
  ...(uplink?.vlan === undefined ? {} : { vlan: uplink.vlan }),
  ...(mtu === undefined ? {} : { mtu }),
  ...(domain === undefined ? {} : { domain }),
  ...(dns && dns.length > 0 ? { dns: [...dns] } : {}),
  ...(routes && routes.length > 0 ? { routes: [...routes] } : {}),
  ...(isolateGuests ? { isolateGuests } : {}),
  ...(createdAt === undefined ? {} : { createdAt }),
});

export function shownNetworks({ networks, views, spanning }: ShownNetworksParts) {
  const guestsIn = ({ id }: Pick<Schemas["Network"], "id">, sight: Sight): number =>
    [...views.guests.values()].filter(
      ({ project, state, nics }) =>
        hasProcess(state) &&
        nics.some(({ network }) => networkId(project, network) === id) &&
        sight.sees({ project }),
    ).length;

  function show(record: NetworkRecord, sight: Sight): Schemas["Network"] {
    const { name, kind, subnet, subnet6 } = record;
    const id = idOf(record);
    const { project } = networkOwner(record);
    const bridge = networks.bridgeOf(record);
    const gateway = gatewayIn(record);
    const problem = networks.problemOf(record);
    const hosts = spanning?.hostsOf(record);
    return {
      id,
      name,
      ...(project === undefined ? {} : { project }),
      kind,
      guests: guestsIn({ id }, sight),
      ...(subnet === undefined ? {} : { subnet }),
      ...(gateway === undefined ? {} : { gateway }),
      ...(subnet6 === undefined ? {} : { subnet6 }),
      ...(subnet6 === undefined || kind === "isolated" ? {} : { gateway6: gatewayOf6(subnet6) }),
      ...(bridge === undefined ? {} : { bridge }),
      ...(kind === "bridge" ? { dhcp: subnet !== undefined && record.dhcp !== false } : {}),
      ...(problem === undefined ? {} : { problem }),
      ...(hosts ? { hosts, vni: vniOf(record) } : {}),
      ...said(record),
    };
  }

  return {
    guestsIn,
    show,
    async list(sight: Sight): Promise<Schemas["Network"][]> {
      await views.caughtUp();
      return (await networks.list())
        .filter((record) => sight.sees(networkOwner(record)) && !record.removing)
        .map((record) => show(record, sight));
    },
  };
}

export function networkService(
  store: Store,
  maker: NetworkMaker,
  { list, show }: ReturnType<typeof shownNetworks>,
  spanning: Spanning | undefined,
): NetworkService {
  return {
    list,
    get: async (id, sight) => show(await networkById(store, id), sight),
    create: async (body, project, sight) => show(await maker.create(body, project), sight),
    update: async (id, body, sight) => show(await maker.update(id, body), sight),
    remove: async (id, sight) => show(await maker.remove(id), sight),
    underlay: async () => spanning?.shown() ?? { kind: "none", hosts: [] },
    async setUnderlay(kind) {
      if (!spanning) throw new LodgeError("network.no_cluster");
      await spanning.setKind(kind);
      return spanning.shown();
    },
  };
}
