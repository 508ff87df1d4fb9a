/**
 * This host's networks: set up when the daemon starts, joined and left by guests.
 *
 * The records decide; what is on the host follows them. Each network's changes run one after another.
 */
import { randomBytes, randomInt } from "node:crypto";
import { join } from "node:path";
import { defaultProject } from "#contract/access";
import { hasCode, LodgeError } from "#contract/errors";
import { limitsOfNic } from "#contract/limits";
import type { Nic, Publish } from "#contract/schema/guest";
import type { GuestLimits } from "#contract/schema/limits";
import { SerialQueue } from "#base/queue";
import type { Store } from "#durable/store/store";
import { chooseSubnet, uplinkMtu } from "#hypervisor/net/host-subnets";
import { usersOf } from "#hypervisor/cell/users";
import { closeHostToCells, openHostToCells } from "#hypervisor/net/cell-users";
import { mayAdministerNetwork } from "#hypervisor/net/capabilities";
import { bridgeName, mostNetworks, tapName } from "#hypervisor/net/names";
import { ensureNatNetwork, removeNetwork, setPublishes } from "#hypervisor/net/nat";
import type { NatPlan, PublishedPort } from "#hypervisor/net/plan";
import { assertPortFree } from "#hypervisor/net/ports";
import { putReservation, removeReservation, syncReservations } from "#hypervisor/net/reservations";
import { addressAt, gatewayOf, prefixOf } from "#hypervisor/net/subnet";
import { shapeTap } from "#hypervisor/net/shape";
import { createTap, deleteTap, repairTaps } from "#hypervisor/net/tap";
import { Guard } from "../firewall/guard.ts";
import type { GuardedNetwork } from "../firewall/plan.ts";
import { findProject } from "../project/record.ts";
import {
  addressKey,
  addressPrefix,
  defaultNetwork,
  idOf,
  listNetworks,
  networkByName,
  networkId,
  networkKey,
  networkOwner,
  userNetwork,
  type NetworkRecord,
} from "./record.ts";

/** Guests find each other as NAME.lodge.internal, or NAME alone. */
export const guestDomain = "lodge.internal";

/** What a guest's NIC needs to know to configure itself. */
export interface NicSettings {
  readonly address: string;
  readonly prefix: number;
  readonly gateway: string;
}

/** A guest, as far as networks care. */
export interface Member {
  readonly id: string;
  readonly name: string;
  readonly project: string;
  readonly nics: readonly (Nic & { readonly tap?: string })[];
  readonly publish: readonly Publish[];
  readonly limits?: GuestLimits | undefined;
  readonly labels?: Readonly<Record<string, string>>;
  /** Firewall groups that hold for it. */
  readonly firewalls?: readonly string[];
  /** Set while it runs. */
  readonly process?: unknown;
}

export interface NetworksParts {
  readonly store: Store;
  readonly tag: string;
  /** Folder for each network's own files. */
  readonly folder: string;
  /** Every guest there is: for publishes and for a restart. */
  readonly members: () => Promise<readonly Member[]>;
}

export class Networks {
  readonly #parts: NetworksParts;
  readonly #queue = new SerialQueue();
  #mtu = 1500;
  /** What guests may send and get; open where this process may administer the host's network. */
  readonly guard: Guard;

  constructor(parts: NetworksParts) {
    this.#parts = parts;
    const { store, tag, members: guests } = parts;
    this.guard = new Guard({ store, tag, guests, networks: () => this.#guarded() });
  }

  /** Makes the records if they are not there, and the host as they say. Called at every start. */
  async open(): Promise<void> {
    const { store, tag } = this.#parts;
    this.#mtu = await uplinkMtu().catch(() => 1500);
    await this.#record({ name: userNetwork, kind: "user", index: 1 });
    if (!(await mayAdministerNetwork())) {
      return this.#record({ name: defaultNetwork, kind: "user", index: 0 });
    }
    await closeHostToCells(tag, usersOf(tag));
    await this.#queue.run(async () => {
      const known = await listNetworks(store);
      if (!known.some(isDefault)) await this.#create(defaultProject);
      // Those of when this Lodge might not make any.
      for (const { name, kind, project = defaultProject } of known)
        if (name === defaultNetwork && kind === "user") await this.#create(project);
      const members = await this.#parts.members();
      // No guest is connected without it.
      await this.guard.open();
      const plans = await this.#setUp(members);
      const bridgeOf = (network: string, project: string) => plans.get(networkId(project, network));
      const taps = members
        .filter(({ process }) => process !== undefined)
        .flatMap(({ id, project, nics }) =>
          nics.map((nic) => [this.tapOf(id, nic.id), bridgeOf(nic.network, project), nic] as const),
        );
      const places = taps.flatMap(([tap, plan, nic]) =>
        plan ? [[tap, { bridge: bridgeName(plan), ...knownMac(nic) }] as const] : [],
      );
      await repairTaps(this.#parts.tag, new Map(places), { mtu: this.#mtu });
    });
  }

  /** Every network that is on the host, as its record says; by its id. */
  async #setUp(members: readonly Member[]): Promise<ReadonlyMap<string, NatPlan>> {
    const plans = new Map<string, NatPlan>();
    for (const record of await this.list()) {
      if (record.kind !== "nat") continue;
      const id = idOf(record);
      const plan = await this.#plan(record);
      await ensureNatNetwork(plan);
      const reserved = members.flatMap(({ name, project, nics }) =>
        nics.flatMap(({ network, mac, address }) =>
          networkId(project, network) === id && address !== undefined
            ? [{ mac, address, names: [name] }]
            : [],
        ),
      );
      await syncReservations(plan, reserved);
      plans.set(id, plan);
    }
    return plans;
  }

  /**
   * The default network of a project, made with the first guest that wants it: a bridge and a subnet of its own, so
   * that no frame of one project's guests comes to another's.
   *
   * @throws LodgeError network.too_many, network.no_subnet, network.setup_failed
   */
  async ensureDefault(project: string): Promise<void> {
    const key = networkKey(networkId(project, defaultNetwork));
    if (await this.#parts.store.get(key)) return;
    await this.#queue.run(async () => {
      if (await this.#parts.store.get(key)) return;
      // One that is being removed gets no more: its networks may be gone already.
      await findProject(this.#parts.store, project);
      if (await mayAdministerNetwork()) {
        await ensureNatNetwork(await this.#plan(await this.#create(project)));
        return;
      }
      await this.#put({ name: defaultNetwork, project, kind: "user", index: await this.#freeIndex() });
    });
  }

  /** Takes a project's networks off the host. Idempotent. */
  removeOf(project: string): Promise<void> {
    return this.#queue.run(async () => {
      for (const record of await this.list()) {
        if (record.project !== project) continue;
        if (record.kind === "nat") await removeNetwork(await this.#plan(record));
        await this.#parts.store.transact({ delete: [networkKey(idOf(record))] });
      }
    });
  }

  async #create(project: string): Promise<NetworkRecord> {
    const { store, tag } = this.#parts;
    const taken = (await listNetworks(store)).flatMap(({ subnet }) => subnet ?? []);
    const first = project === defaultProject;
    const subnet = await chooseSubnet(defaultNetwork, first ? tag : `${tag} ${project}`, taken);
    const index = first ? 0 : await this.#freeIndex();
    const whose = first ? {} : { project };
    return this.#put({ name: defaultNetwork, ...whose, kind: "nat", index, subnet });
  }

  async #freeIndex(): Promise<number> {
    const taken = new Set((await this.list()).map(({ index }) => index));
    for (let index = 2; index < mostNetworks; index++) if (!taken.has(index)) return index;
    throw new LodgeError("network.too_many", { limit: mostNetworks });
  }

  async #put(record: NetworkRecord): Promise<NetworkRecord> {
    await this.#parts.store.transact({ put: [{ key: networkKey(idOf(record)), value: record }] });
    return record;
  }

  async #record(record: NetworkRecord): Promise<void> {
    if (!(await this.#parts.store.get(networkKey(idOf(record))))) await this.#put(record);
  }

  async #plan(record: NetworkRecord): Promise<NatPlan> {
    const { tag, folder } = this.#parts;
    return {
      tag,
      index: record.index,
      name: record.name,
      subnet: record.subnet ?? "",
      mtu: this.#mtu,
      domain: guestDomain,
      directory: join(folder, idOf(record)),
      publishes: await this.#publishes(idOf(record)),
    };
  }

  async #publishes(network: string): Promise<PublishedPort[]> {
    const members = await this.#parts.members();
    return members.flatMap(({ project, nics, publish }) => {
      const guestAddress = nics.find((nic) => networkId(project, nic.network) === network)?.address;
      return guestAddress === undefined ? [] : publish.map((port) => ({ ...port, guestAddress }));
    });
  }

  get tag(): string {
    return this.#parts.tag;
  }

  byName(name: string, project: string): Promise<NetworkRecord> {
    return networkByName(this.#parts.store, name, project);
  }

  list(): Promise<NetworkRecord[]> {
    return listNetworks(this.#parts.store);
  }

  bridgeOf(record: NetworkRecord): string | undefined {
    return record.kind === "nat" ? bridgeName({ tag: this.#parts.tag, index: record.index }) : undefined;
  }

  /** A new NIC in a network of a project: its MAC, and an address that nobody has. The address is claimed with the guest's record. */
  async newNic(id: string, network: string, project: string): Promise<Nic> {
    if (network === defaultNetwork) await this.ensureDefault(project);
    const record = await this.byName(network, project);
    const prefix = addressPrefix(idOf(record));
    const mac = `52:54:00:${[...randomBytes(3)].map((byte) => byte.toString(16).padStart(2, "0")).join(":")}`;
    if (record.kind === "user") return { id, network, mac };
    const { items } = await this.#parts.store.list(prefix);
    const taken = new Set(items.map(({ key }) => key.slice(prefix.length)));
    // From a random place: an address that was just freed may still be in somebody's ARP cache.
    const start = randomInt(0, 250);
    for (let i = 0; i < 250; i++) {
      const address = addressAt(record.subnet!, 4 + ((start + i) % 250));
      if (!taken.has(address)) return { id, network, mac, address };
    }
    throw new LodgeError("network.addresses_exhausted", { network });
  }

  /** The keys that make these NICs' addresses a guest's own. */
  claims(
    { id, project }: Pick<Member, "id" | "project">,
    nics: readonly Nic[],
  ): { key: string; value: string }[] {
    return nics.flatMap(({ network, address }) =>
      address === undefined ? [] : [{ key: addressKey(networkId(project, network), address), value: id }],
    );
  }

  async settings({ project }: Pick<Member, "project">, nic: Nic): Promise<NicSettings | undefined> {
    const { subnet } = await this.byName(nic.network, project);
    if (subnet === undefined || nic.address === undefined) return undefined;
    return { address: nic.address, prefix: prefixOf(subnet), gateway: gatewayOf(subnet) };
  }

  /**
   * Ports that `owner` publishes already are its own.
   *
   * @throws LodgeError api.invalid for one that is named twice; network.port_in_use when something else has one.
   */
  async requirePortsFree(ports: readonly Publish[], owner?: string): Promise<void> {
    const members = await this.#parts.members();
    const named = new Set<string>();
    for (const { protocol, hostPort } of ports) {
      const port = `${hostPort}/${protocol}`;
      if (named.has(port))
        throw new LodgeError("api.invalid", { field: "publish", reason: `${port} is in it twice` });
      named.add(port);
      const holder = members.find(({ publish }) =>
        publish.some((port) => port.hostPort === hostPort && port.protocol === protocol),
      );
      // While it runs its rule or its QEMU has the port, so nobody could say that it is free.
      if (holder !== undefined && holder.id === owner) continue;
      if (holder) {
        throw new LodgeError("network.port_in_use", { port: hostPort, protocol, suggestion: hostPort + 1 });
      }
      await assertPortFree({ protocol, hostPort }, await mayAdministerNetwork());
    }
  }

  tapOf(guest: string, nic: string): string {
    return tapName(this.#parts.tag, guest, nic);
  }

  /** Connects a guest's NICs: address reserved, name known, tap in the bridge, ports published. Idempotent. */
  async attach(member: Member): Promise<void> {
    for (const nic of member.nics) {
      const record = await this.byName(nic.network, member.project);
      if (record.kind !== "nat") continue;
      const plan = await this.#plan(record);
      const bridge = bridgeName(plan);
      await Promise.all([
        this.guard.refresh(),
        createTap(this.tapOf(member.id, nic.id), bridge, { mtu: plan.mtu, ...knownMac(nic) }),
        nic.address === undefined
          ? undefined
          : putReservation(plan, { mac: nic.mac, address: nic.address, names: [member.name] }),
      ]);
    }
    if (member.limits?.nic || member.limits?.nics) await this.shape(member);
    if (member.publish.length > 0) await this.refreshPublishes(member);
  }

  /** Gives a guest's NICs the rates that its limits say, or none. Idempotent. */
  async shape({
    id,
    project,
    nics,
    limits,
  }: Pick<Member, "id" | "project" | "nics" | "limits">): Promise<void> {
    for (const nic of nics) {
      const { kind } = await this.byName(nic.network, project);
      if (kind === "nat") await shapeTap(this.tapOf(id, nic.id), limitsOfNic(limits, nic.id));
    }
  }

  /** Takes the host's end of a stopped guest's NICs away; its addresses stay its own. Idempotent. */
  async detach(member: Pick<Member, "id" | "nics">): Promise<void> {
    const taps = member.nics.map((nic) => this.tapOf(member.id, nic.id));
    if (taps.length > 0) await deleteTap(...taps).catch(ignoreMissingTools);
  }

  /** Frees a removed guest's addresses, names and ports. Idempotent. */
  async release(member: Member): Promise<void> {
    await this.detach(member);
    await this.guard.forget(member.id);
    for (const nic of member.nics) {
      const record = await this.byName(nic.network, member.project).catch(() => undefined);
      if (record?.kind === "nat") await removeReservation(await this.#plan(record), nic.mac);
    }
    if (member.publish.length > 0) await this.refreshPublishes(member);
  }

  /** Makes the rules of a guest's networks say what the guests' records say. */
  refreshPublishes({ project, nics }: Pick<Member, "project" | "nics">): Promise<void> {
    const ids = new Set(nics.map(({ network }) => networkId(project, network)));
    return this.#queue.run(async () => {
      for (const record of await this.list()) {
        if (record.kind !== "nat" || !ids.has(idOf(record))) continue;
        const plan = await this.#plan(record);
        await setPublishes(plan, plan.publishes);
      }
    });
  }

  async #guarded(): Promise<GuardedNetwork[]> {
    return (await this.list()).flatMap((record) => {
      if (record.kind !== "nat" || record.subnet === undefined) return [];
      const { project } = networkOwner(record) as { project?: string };
      const { name, subnet, firewalls = [] } = record;
      const gateways = [gatewayOf(subnet)];
      return [{ name, project, subnets: [subnet], gateways, gives: true, apart: false, firewalls }];
    });
  }

  /** Removes every network from the host. For `lodge uninstall`. */
  async removeAll(): Promise<void> {
    for (const record of await this.list()) {
      if (record.kind === "nat") await removeNetwork(await this.#plan(record));
    }
    if (!(await mayAdministerNetwork())) return;
    await openHostToCells(this.#parts.tag);
    await this.guard.remove();
  }
}

const isDefault = ({ name, project = defaultProject }: NetworkRecord): boolean =>
  name === defaultNetwork && project === defaultProject;

/** Of a NIC that sends from no other MAC. */
const knownMac = ({ mac, pin }: Nic): { readonly guestMac?: string } =>
  pin === "off" ? {} : { guestMac: mac };

/** Without `ip` there cannot be a tap. */
function ignoreMissingTools(error: unknown): void {
  if (!hasCode(error, "host.command_missing")) throw error;
}
