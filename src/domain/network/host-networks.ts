/**
 * Networks as they stand on this host: set up when the daemon starts, made, changed and removed.
 *
 * The records decide; what is on the host follows them. Each network's changes run one after another.
 */
import { defaultProject } from "#contract/access";
import { asLodgeError, LodgeError } from "#contract/errors";
import { SerialQueue } from "#base/queue";
import type { Store } from "#durable/store/store";
import { usersOf } from "#hypervisor/cell/users";
import { closeHostToCells, openHostToCells } from "#hypervisor/net/cell-users";
import { mayAdministerNetwork } from "#hypervisor/net/capabilities";
import { leadsOut6 } from "#hypervisor/net/forwarding";
import { chooseSubnet, uplinkMtu } from "#hypervisor/net/host-subnets";
import { mostNetworks, tapName } from "#hypervisor/net/names";
import { bridgeOf, ensureNetwork, removeNetwork, setPublishes } from "#hypervisor/net/network";
import type { NetworkPlan } from "#hypervisor/net/plan";
import { syncReservations } from "#hypervisor/net/reservations";
import { randomSubnet6 } from "#hypervisor/net/subnet6";
import { createTap, repairTaps } from "#hypervisor/net/tap";
import { Guard } from "../firewall/guard.ts";
import type { GuardedNetwork } from "../firewall/plan.ts";
import { findProject } from "../project/record.ts";
import { onNetwork, partOf, partsOf, tapOptions } from "./cards.ts";
import type { Member, RecordedNic } from "./member.ts";
import { guardedNetwork, planOf, type Ground } from "./plan.ts";
import { publishedIn } from "./publishes.ts";
import {
  defaultNetwork,
  idOf,
  listNetworks,
  networkByName,
  networkId,
  networkKey,
  publishes,
  userNetwork,
  type NetworkRecord,
} from "./record.ts";

export interface NetworksParts {
  readonly store: Store;
  readonly tag: string;
  /** Folder for each network's own files. */
  readonly folder: string;
  /** Every guest there is: for publishes and for a restart. */
  readonly members: () => Promise<readonly Member[]>;
}

export class HostNetworks {
  protected readonly parts: NetworksParts;
  readonly #queue = new SerialQueue();
  /** Why a network is not on the host, by its id. */
  readonly #problems = new Map<string, string>();
  protected ground: Ground;
  /** What guests may send and get; open where this process may administer the host's network. */
  readonly guard: Guard;

  constructor(parts: NetworksParts) {
    this.parts = parts;
    const { store, tag, folder, members: guests } = parts;
    this.ground = { tag, folder, mtu: 1500, leadsOut6: false };
    this.guard = new Guard({ store, tag, guests, networks: () => this.#guarded() });
  }

  /** Makes the records if they are not there, and the host as they say. Called at every start. */
  async open(): Promise<void> {
    const { store, tag } = this.parts;
    const [mtu, leads] = await Promise.all([uplinkMtu().catch(() => 1500), leadsOut6().catch(() => false)]);
    this.ground = { ...this.ground, mtu, leadsOut6: leads };
    await this.#record({ name: userNetwork, kind: "user", index: 1 });
    if (!(await mayAdministerNetwork())) {
      return this.#record({ name: defaultNetwork, kind: "user", index: 0 });
    }
    await closeHostToCells(tag, usersOf(tag));
    await this.alone(async () => {
      await this.#renew(await listNetworks(store));
      const members = await this.parts.members();
      // No guest is connected without it.
      await this.guard.open();
      const plans = await this.#setUp(members);
      const running = members.filter(({ process }) => process !== undefined);
      const taps = running.flatMap((member) =>
        member.nics.flatMap((nic) => {
          const plan = plans.get(networkId(member.project, nic.network));
          return plan ? [{ tap: this.tapOf(member.id, nic.id), plan: partOf(plan, nic), nic }] : [];
        }),
      );
      const places = taps.map(
        ({ tap, plan, nic }) => [tap, { bridge: bridgeOf(plan), ...tapOptions(plan, nic) }] as const,
      );
      await repairTaps(tag, new Map(places));
    });
  }

  /** What records of before say too little or too much of. */
  async #renew(known: readonly NetworkRecord[]): Promise<void> {
    if (!known.some(isDefault)) await this.#create(defaultProject);
    for (const record of known) {
      const { name, kind, project = defaultProject } = record;
      // Those of when this Lodge might not make any.
      if (name === defaultNetwork && kind === "user") await this.#create(project);
      // Those of when there was no IPv6.
      if (kind === "nat" && record.subnet6 === undefined && record.ipv6 !== false)
        await this.put({ ...record, subnet6: randomSubnet6() });
      if (record.removing) await this.#drop(record);
    }
  }

  /** Every network that is on the host, as its record says; by its id. */
  async #setUp(members: readonly Member[]): Promise<ReadonlyMap<string, NetworkPlan>> {
    const plans = new Map<string, NetworkPlan>();
    for (const record of await this.list()) {
      const id = idOf(record);
      try {
        const plan = await this.ensure(record);
        if (!plan) continue;
        plans.set(id, plan);
        for (const part of partsOf(plan, onNetwork(members, id))) await ensureNetwork(part);
        const { subnet } = plan;
        if (subnet === undefined) continue;
        const reserved = members.flatMap(({ name, project, nics }) =>
          nics.flatMap(({ network, mac, address, address6 }) =>
            networkId(project, network) === id && address !== undefined
              ? [{ mac, address, ...(address6 === undefined ? {} : { address6 }), names: [name] }]
              : [],
          ),
        );
        await syncReservations({ ...plan, subnet }, reserved);
      } catch (error) {
        // One that a user made waits for what it needs of the host; without the default one nothing works.
        if (isDefault(record)) throw error;
      }
    }
    return plans;
  }

  /** Makes the host as the record says. What keeps it from that is remembered, for those who ask. */
  protected async ensure(record: NetworkRecord): Promise<NetworkPlan | undefined> {
    const plan = await this.plan(record);
    if (!plan) return undefined;
    try {
      await ensureNetwork(plan);
      this.#problems.delete(idOf(record));
      return plan;
    } catch (error) {
      const { message, detail } = asLodgeError(error);
      this.#problems.set(idOf(record), detail?.trim().split("\n")[0] ?? message);
      throw error;
    }
  }

  /** Sets a network up, or makes the host as its changed record says, its guests' taps included. */
  raise(record: NetworkRecord): Promise<void> {
    return this.alone(async () => {
      const plan = await this.ensure(record);
      if (!plan) return;
      const running = (await this.parts.members()).filter(({ process }) => process !== undefined);
      for (const { id, nic } of onNetwork(running, idOf(record)))
        await createTap(this.tapOf(id, nic.id), bridgeOf(partOf(plan, nic)), tapOptions(plan, nic));
    });
  }

  /** Takes a network off the host, and then its record away. Idempotent. */
  lower(record: NetworkRecord): Promise<void> {
    return this.alone(() => this.#drop(record));
  }

  async #drop(record: NetworkRecord): Promise<void> {
    const plan = await this.plan(record);
    if (plan) await this.#clear(plan, idOf(record));
    this.#problems.delete(idOf(record));
    await this.parts.store.transact({ delete: [networkKey(idOf(record))] });
  }

  async #clear(plan: NetworkPlan, id: string): Promise<void> {
    for (const part of partsOf(plan, onNetwork(await this.parts.members(), id))) await removeNetwork(part);
    await removeNetwork(plan);
  }

  /** Is something of it missing on the host? */
  protected isAbsent(record: NetworkRecord): boolean {
    return this.#problems.has(idOf(record));
  }

  /** Runs after whatever changes networks now. */
  protected alone<T>(work: () => Promise<T>): Promise<T> {
    return this.#queue.run(work);
  }

  problemOf(record: NetworkRecord): string | undefined {
    return this.#problems.get(idOf(record));
  }

  /**
   * The default network of a project, made with the first guest that wants it: a bridge and a subnet of its own, so
   * that no frame of one project's guests comes to another's.
   *
   * @throws LodgeError network.too_many, network.no_subnet, network.setup_failed
   */
  async ensureDefault(project: string): Promise<void> {
    const key = networkKey(networkId(project, defaultNetwork));
    if (await this.parts.store.get(key)) return;
    await this.alone(async () => {
      if (await this.parts.store.get(key)) return;
      // One that is being removed gets no more: its networks may be gone already.
      await findProject(this.parts.store, project);
      if (await mayAdministerNetwork()) {
        await this.ensure(await this.#create(project));
        return;
      }
      await this.put({ name: defaultNetwork, project, kind: "user", index: await this.freeIndex() });
    });
  }

  /** Takes a project's networks off the host. Idempotent. */
  removeOf(project: string): Promise<void> {
    return this.alone(async () => {
      for (const record of await this.list()) if (record.project === project) await this.#drop(record);
    });
  }

  async #create(project: string): Promise<NetworkRecord> {
    const { store, tag } = this.parts;
    const taken = (await listNetworks(store)).flatMap(({ subnet }) => subnet ?? []);
    const first = project === defaultProject;
    const subnet = await chooseSubnet(defaultNetwork, first ? tag : `${tag} ${project}`, taken);
    const index = first ? 0 : await this.freeIndex();
    const whose = first ? {} : { project };
    const record = { name: defaultNetwork, ...whose, kind: "nat", index, subnet } as const;
    return this.put({ ...record, subnet6: randomSubnet6() });
  }

  /** @throws LodgeError network.too_many */
  async freeIndex(): Promise<number> {
    const taken = new Set((await this.list()).map(({ index }) => index));
    for (let index = 2; index < mostNetworks; index++) if (!taken.has(index)) return index;
    throw new LodgeError("network.too_many", { limit: mostNetworks });
  }

  async put(record: NetworkRecord): Promise<NetworkRecord> {
    await this.parts.store.transact({ put: [{ key: networkKey(idOf(record)), value: record }] });
    return record;
  }

  async #record(record: NetworkRecord): Promise<void> {
    if (!(await this.parts.store.get(networkKey(idOf(record))))) await this.put(record);
  }

  protected async plan(record: NetworkRecord): Promise<NetworkPlan | undefined> {
    const [members, records] = await Promise.all([this.parts.members(), this.list()]);
    return planOf(record, this.ground, publishedIn(idOf(record), members, records));
  }

  byName(name: string, project: string): Promise<NetworkRecord> {
    return networkByName(this.parts.store, name, project);
  }

  list(): Promise<NetworkRecord[]> {
    return listNetworks(this.parts.store);
  }

  /** What taps are put into: those of a network's cards, or of one of them. */
  bridgeOf(record: NetworkRecord, nic: Pick<RecordedNic, "vlan"> = {}): string | undefined {
    const plan = planOf(record, this.ground, []);
    return plan && bridgeOf(partOf(plan, nic));
  }

  /** What this Lodge's devices are named by. */
  get tag(): string {
    return this.parts.tag;
  }

  tapOf(guest: string, nic: string): string {
    return tapName(this.parts.tag, guest, nic);
  }

  /** Makes the rules of a guest's networks say what the guests' records say. */
  refreshPublishes({ project, nics }: Pick<Member, "project" | "nics">): Promise<void> {
    const ids = new Set(nics.map(({ network }) => networkId(project, network)));
    return this.alone(async () => {
      for (const record of await this.list()) {
        if (!publishes(record.kind) || !ids.has(idOf(record)) || this.isAbsent(record)) continue;
        const plan = await this.plan(record);
        if (plan) await setPublishes(plan, plan.publishes);
      }
    });
  }

  async #guarded(): Promise<GuardedNetwork[]> {
    return (await this.list()).flatMap((record) => guardedNetwork(record, this.ground) ?? []);
  }

  /** Removes every network from the host. For `lodge uninstall`. */
  async removeAll(): Promise<void> {
    for (const record of await this.list()) {
      const plan = await this.plan(record);
      if (plan) await this.#clear(plan, idOf(record));
    }
    if (!(await mayAdministerNetwork())) return;
    await openHostToCells(this.parts.tag);
    await this.guard.remove();
  }
}

const isDefault = ({ name, project = defaultProject }: NetworkRecord): boolean =>
  name === defaultNetwork && project === defaultProject;
