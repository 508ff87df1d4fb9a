/** Makes, changes and removes networks, as users ask for it. */
import { isIPv4, isIPv6 } from "node:net";
import { defaultProject } from "#contract/access";
import { LodgeError } from "#contract/errors";
import type { NetworkRoute } from "#contract/schema/network";
import type { Schemas } from "#contract/schemas";
import type { Clock } from "#base/clock";
import { SerialQueue } from "#base/queue";
import type { Store } from "#durable/store/store";
import { update } from "#durable/store/update";
import { mayAdministerNetwork } from "#hypervisor/net/capabilities";
import { chooseSubnet, requireClear } from "#hypervisor/net/host-subnets";
import { contains, isSubnet, prefixOf } from "#hypervisor/net/subnet";
import { parseSubnet6, randomSubnet6 } from "#hypervisor/net/subnet6";
import { inspectUplink } from "#hypervisor/net/uplink";
import { stays } from "../project/record.ts";
import type { Member } from "./member.ts";
import type { Networks } from "./networks.ts";
import {
  idOf,
  isBuiltIn,
  listNetworks,
  networkById,
  networkId,
  networkKey,
  type NetworkRecord,
} from "./record.ts";

export interface NetworkMakerParts {
  readonly store: Store;
  readonly tag: string;
  readonly clock: Clock;
  readonly networks: Networks;
  readonly members: () => Promise<readonly Member[]>;
  /** What happens is told to. */
  readonly events: {
    append(event: { readonly kind: string; readonly project: string; readonly message: string }): void;
  };
}

const invalid = (field: string, reason: string) => new LodgeError("api.invalid", { field, reason });

/** What is asked for, and cannot be of this kind. Pure. @throws LodgeError api.invalid */
export function requireSense(body: Schemas["NetworkCreate"]): void {
  const { kind = "nat", subnet, subnet6, dns = [], routes = [] } = body;
  const only = (field: keyof typeof body, fits: boolean, of: string) => {
    if (body[field] !== undefined && !fits) throw invalid(field, `only a network of kind ${of} has one`);
  };
  only("uplink", kind === "bridge", "bridge");
  only("vlan", kind === "bridge", "bridge");
  only("gateway", kind === "bridge", "bridge");
  only("dhcp", kind === "bridge", "bridge");
  if (kind === "bridge" && body.uplink === undefined) throw invalid("uplink", "a bridge needs one");
  if (kind === "user")
    for (const field of ["subnet", "subnet6", "mtu", "domain", "dns", "routes", "isolateGuests"] as const)
      if (body[field] !== undefined) throw invalid(field, "a network of kind user has no such thing");
  if (kind === "bridge" && subnet === undefined)
    for (const field of ["gateway", "dhcp", "subnet6", "domain", "dns", "routes"] as const)
      if (body[field] !== undefined && body[field] !== false)
        throw invalid(field, "the network has no subnet in which Lodge could tell guests of it");
  if (subnet !== undefined && (!isSubnet(subnet) || prefixOf(subnet) < 16 || prefixOf(subnet) > 29))
    throw invalid("subnet", "it is no subnet of 16 to 29 bits, such as 10.77.3.0/24");
  if (subnet6 !== undefined && parseSubnet6(subnet6) === undefined)
    throw invalid("subnet6", "it is no /64, such as fd12:3456:789a:1::/64");
  if (subnet6 !== undefined && body.ipv6 === false) throw invalid("ipv6", "a subnet is given for it");
  if (body.gateway !== undefined && !contains(subnet!, body.gateway))
    throw invalid("gateway", `it is not in ${subnet}`);
  requireReachable(routes, dns);
}

function requireReachable(routes: readonly NetworkRoute[], dns: readonly string[]): void {
  for (const { to, via } of routes)
    if (!isSubnet(to) || !isIPv4(via)) throw invalid("routes", `${to} by ${via} is no way to a subnet`);
  for (const server of dns)
    if (!isIPv4(server) && !isIPv6(server)) throw invalid("dns", `${server} is no address`);
}

export class NetworkMaker {
  readonly #parts: NetworkMakerParts;
  /** Two that are made at once must not take one number or one subnet. */
  readonly #queue = new SerialQueue();

  constructor(parts: NetworkMakerParts) {
    this.#parts = parts;
  }

  /** @throws LodgeError api.invalid, network.name_taken and what keeps it from being set up: then it is not made */
  create(body: Schemas["NetworkCreate"], project: string): Promise<NetworkRecord> {
    requireSense(body);
    return this.#queue.run(async () => {
      const { store, networks, events } = this.#parts;
      const { kind = "nat" } = body;
      const key = networkKey(networkId(project, body.name));
      if (isBuiltIn(body) || (await store.get(key)))
        throw new LodgeError("network.name_taken", { network: body.name });
      if (kind !== "user" && !(await mayAdministerNetwork()))
        throw new LodgeError("network.unprivileged", { kind });
      const record = await this.#compose(body, project);
      const made = await networks.records.claim(record, await stays(store, project));
      try {
        await networks.raise(made);
      } catch (error) {
        await networks.lower(made);
        throw error;
      }
      events.append({ kind: "network.created", project, message: `network ${made.name} was made` });
      return made;
    });
  }

  async #compose(body: Schemas["NetworkCreate"], project: string): Promise<NetworkRecord> {
    const { networks, clock } = this.#parts;
    const { name, kind = "nat", description, gateway, mtu, domain, dns, routes, vlan } = body;
    const uplink =
      body.uplink === undefined
        ? undefined
        : await inspectUplink({ device: body.uplink, ...(vlan === undefined ? {} : { vlan }) });
    const { mtu: uplinkMtu, ...led } = uplink ?? { mtu: undefined };
    const subnet = kind === "user" ? undefined : await this.#subnet(body, project);
    const subnet6 = await this.#subnet6(body, subnet);
    const size = mtu ?? uplinkMtu;
    return {
      name,
      ...(project === defaultProject ? {} : { project }),
      kind,
      index: await networks.records.freeIndex(),
      ...(description === undefined ? {} : { description }),
      ...(subnet === undefined ? {} : { subnet }),
      ...(subnet6 === undefined ? { ipv6: false as const } : { subnet6 }),
      ...(body.dhcp === false ? { dhcp: false as const } : {}),
      ...("device" in led ? { uplink: led } : {}),
      ...(gateway === undefined ? {} : { gateway }),
      ...(size === undefined ? {} : { mtu: size }),
      ...(domain === undefined ? {} : { domain }),
      ...(dns && dns.length > 0 ? { dns } : {}),
      ...(routes && routes.length > 0 ? { routes } : {}),
      ...(body.isolateGuests ? { isolateGuests: true } : {}),
      createdAt: new Date(clock.now()).toISOString(),
    };
  }

  /** @throws LodgeError network.overlaps, network.no_subnet */
  async #subnet(
    { name, kind, subnet }: Schemas["NetworkCreate"],
    project: string,
  ): Promise<string | undefined> {
    const { store, tag } = this.#parts;
    const taken = (await listNetworks(store)).flatMap((record) => record.subnet ?? []);
    if (subnet !== undefined) await requireClear(subnet, taken);
    return subnet ?? (kind === "bridge" ? undefined : chooseSubnet(name, `${tag} ${project} ${name}`, taken));
  }

  async #subnet6(
    { kind, subnet6, ipv6 }: Schemas["NetworkCreate"],
    subnet: string | undefined,
  ): Promise<string | undefined> {
    if (subnet6 !== undefined) {
      const chosen = parseSubnet6(subnet6)!;
      const taken = (await listNetworks(this.#parts.store)).flatMap((record) => record.subnet6 ?? []);
      await requireClear(chosen, taken);
      return chosen;
    }
    // Of a routed network others have to know it, and on a bridge somebody else may advertise one.
    const makesUp = kind === undefined || kind === "nat" || kind === "isolated" || kind === "routed";
    return ipv6 === false || subnet === undefined || !makesUp ? undefined : randomSubnet6();
  }

  /** @throws LodgeError network.not_found, network.built_in, network.setup_failed */
  update(id: string, body: Schemas["NetworkUpdate"]): Promise<NetworkRecord> {
    return this.#queue.run(async () => {
      const { store, networks } = this.#parts;
      const found = await networkById(store, id);
      const { description: _, ...technical } = body;
      if (found.kind === "user" && Object.keys(technical).length > 0)
        throw invalid(Object.keys(technical)[0]!, "a network of kind user has no such thing");
      requireReachable(body.routes ?? [], body.dns ?? []);
      const record = await update<NetworkRecord>(store, networkKey(id), (now) => {
        if (!now || now.removing) throw new LodgeError("network.not_found", { network: found.name });
        return { ...now, ...body };
      });
      await networks.raise(record!);
      await networks.guard.refresh();
      return record!;
    });
  }

  /** @throws LodgeError network.not_found, network.built_in, network.in_use */
  remove(id: string): Promise<NetworkRecord> {
    return this.#queue.run(async () => {
      const { store, networks, events } = this.#parts;
      const record = await networkById(store, id);
      if (isBuiltIn(record)) throw new LodgeError("network.built_in", { network: record.name });
      await this.#requireUnused(record);
      const marked = await this.#mark(record, true);
      try {
        // Nobody can come to it any more by now: whoever came before is seen.
        await this.#requireUnused(record);
      } catch (error) {
        await this.#mark(record, false);
        throw error;
      }
      await networks.lower(marked);
      const { name, project = defaultProject } = record;
      events.append({ kind: "network.removed", project, message: `network ${name} was removed` });
      return record;
    });
  }

  async #mark(record: NetworkRecord, removing: boolean): Promise<NetworkRecord> {
    const marked = await update<NetworkRecord>(this.#parts.store, networkKey(idOf(record)), (now) => {
      const { removing: _, ...rest } = now ?? record;
      return removing ? { ...rest, removing } : rest;
    });
    return marked!;
  }

  async #requireUnused(record: NetworkRecord): Promise<void> {
    const id = idOf(record);
    const users = (await this.#parts.members()).filter(({ project, nics }) =>
      nics.some(({ network }) => networkId(project, network) === id),
    );
    if (users.length === 0) return;
    const names = users.slice(0, 5).map(({ name }) => name);
    const more = users.length > 5 ? ` and ${users.length - 5} more` : "";
    throw new LodgeError("network.in_use", { network: record.name, guests: names.join(", ") + more });
  }
}
