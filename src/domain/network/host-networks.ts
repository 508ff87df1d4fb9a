/**
 * Networks as they stand on this host: set up when the daemon starts, made, changed and removed.
 *
 * The records decide; what is on the host follows them. Each network's changes run one after another.
 */
import { defaultProject } from "#contract/access";
import { asLodgeError, hasCode } from "#contract/errors";
import { SerialQueue } from "#base/queue";
import type { Store } from "#durable/store/store";
import { update } from "#durable/store/update";
import { usersOf } from "#hypervisor/cell/users";
import { closeHostToCells, openHostToCells } from "#hypervisor/net/cell-users";
import { mayAdministerNetwork } from "#hypervisor/net/capabilities";
import { leadsOut6 } from "#hypervisor/net/forwarding";
import { uplinkMtu } from "#hypervisor/net/host-subnets";
import { bridgeMac, tapName } from "#hypervisor/net/names";
import { bridgeOf, ensureNetwork, removeNetwork, setPublishes } from "#hypervisor/net/network";
import { Overlay } from "#hypervisor/net/overlay/overlay";
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
import type { Elsewhere, RemoteMember } from "./spanning/elsewhere.ts";
import { isDefault, NetworkRecords } from "./records.ts";
import { spans } from "./spanning/plan.ts";
import {
  defaultNetwork,
  idOf,
  listNetworks,
  networkByName,
  networkId,
  networkKey,
  networkNumberKey,
  publishes,
  userNetwork,
  type NetworkRecord,
} from "./record.ts";

export interface NetworksParts {
  readonly store: Store;
  readonly tag: string;
  /** Folder for each network's own files. */
  readonly folder: string;
  /** Every guest of this host: for publishes and for a restart. */
  readonly members: () => Promise<readonly Member[]>;
  /** Those of the cluster's other hosts; undefined: this one stands alone. */
  readonly elsewhere?: Elsewhere | undefined;
  /** @throws LodgeError network.no_underlay */
  readonly requireSpan?: (guest: Pick<Member, "project" | "nics">) => void;
  /** Called when a guest is no more on this host: it is nowhere, or on another one. */
  readonly onReleased?: (member: Member) => Promise<void>;
}

export class HostNetworks {
  protected readonly parts: NetworksParts;
  readonly records: NetworkRecords;
  readonly #queue = new SerialQueue();
  /** Why a network is not on the host, by its id. */
  readonly #problems = new Map<string, string>();
  protected ground: Ground;
  /** What takes frames to other hosts. */
  readonly overlay: Overlay;
  /** What guests may send and get; open where this process may administer the host's network. */
  readonly guard: Guard;

  constructor(parts: NetworksParts) {
    this.parts = parts;
    const { store, tag, folder, elsewhere, members: guests } = parts;
    this.ground = { tag, folder, mtu: 1500, leadsOut6: false };
    this.records = new NetworkRecords({ store, tag, spanning: elsewhere !== undefined });
    this.overlay = new Overlay(tag);
    this.guard = new Guard({
      store,
      tag,
      guests,
      elsewhere: () => this.elsewhere(),
      networks: () => this.#guarded(),
    });
  }

  /** Makes the records if they are not there, and the host as they say. Called at every start. */
  async open(): Promise<void> {
    const { store, tag } = this.parts;
    const [mtu, leads] = await Promise.all([uplinkMtu().catch(() => 1500), leadsOut6().catch(() => false)]);
    this.ground = { ...this.ground, mtu, leadsOut6: leads };
    await this.records.ensure({ name: userNetwork, kind: "user", index: 1 });
    if (!(await mayAdministerNetwork())) {
      return this.records.ensure({ name: defaultNetwork, kind: "user", index: 0 });
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

  membersHere(): Promise<readonly Member[]> {
    return this.parts.members();
  }

  /** Guests of other hosts. */
  protected elsewhere(): readonly RemoteMember[] {
    return this.parts.elsewhere?.all() ?? [];
  }

  /** Everybody's, this host's first. */
  protected async everyone(): Promise<readonly Member[]> {
    return [...(await this.parts.members()), ...this.elsewhere()];
  }

  /** What records of before say too little or too much of. */
  async #renew(known: readonly NetworkRecord[]): Promise<void> {
    if (!known.some(isDefault)) await this.records.claimDefault(defaultProject);
    for (const record of known) {
      const { name, kind, project = defaultProject } = record;
      // Those of when this Lodge might not make any.
      if (name === defaultNetwork && kind === "user") await this.records.claimDefault(project);
      // Those of when there was no IPv6.
      if (kind === "nat" && record.subnet6 === undefined && record.ipv6 !== false)
        await this.records.put({ ...record, subnet6: randomSubnet6() });
      // Whoever was removing it may have found somebody on it meanwhile.
      if (record.removing && onNetwork(await this.everyone(), idOf(record)).length === 0)
        await this.#drop(record);
    }
    if (this.parts.elsewhere) for (const record of await this.list()) await this.#nameGateway(record);
  }

  /** The bridge's MAC is said in the record, so that it is the same on each host: what it is here by now. */
  async #nameGateway(record: NetworkRecord): Promise<void> {
    const plan = spans(record.kind) && record.mac === undefined ? planOf(record, this.ground, []) : undefined;
    if (!plan) return;
    await update<NetworkRecord>(this.parts.store, networkKey(idOf(record)), (now) =>
      now && now.mac === undefined ? { ...now, mac: bridgeMac(plan) } : now,
    );
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
        const reserved = [...members, ...this.elsewhere()].flatMap(({ name, project, nics }) =>
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
    await this.parts.store.transact({
      delete: [networkKey(idOf(record)), networkNumberKey(record.index)],
    });
  }

  async #clear(plan: NetworkPlan, id: string): Promise<void> {
    for (const part of partsOf(plan, onNetwork(await this.parts.members(), id))) await removeNetwork(part);
    await removeNetwork(plan);
  }

  /** Takes off the host what another host removed. Idempotent. */
  clear(record: NetworkRecord): Promise<void> {
    return this.alone(async () => {
      const plan = await this.plan(record);
      if (plan && !(await this.parts.store.get(networkKey(idOf(record)))))
        await this.#clear(plan, idOf(record));
      this.#problems.delete(idOf(record));
    });
  }

  /** Those that are on the host. */
  async whole(): Promise<{ readonly record: NetworkRecord; readonly plan: NetworkPlan }[]> {
    const records = (await this.list()).filter((record) => !this.isAbsent(record));
    return records.flatMap((record) => {
      const plan = planOf(record, this.ground, []);
      return plan ? [{ record, plan }] : [];
    });
  }

  /** Why networks are not on the host, by their ids. */
  get problems(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#problems);
  }

  /** How much fits between hosts; networks are told of it where it is another than before. */
  async setSpan(mtu: number | undefined): Promise<void> {
    if (mtu === this.ground.spanMtu) return;
    this.ground = { ...this.ground, spanMtu: mtu };
    for (const { record } of await this.whole())
      if (spans(record.kind)) await this.raise(record).catch(() => undefined);
  }

  /** Is something of it missing on the host? */
  protected isAbsent(record: NetworkRecord): boolean {
    return this.#problems.has(idOf(record));
  }

  /** Runs after whatever changes networks now. */
  alone<T>(work: () => Promise<T>): Promise<T> {
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
        try {
          await this.ensure(await this.records.claimDefault(project));
        } catch (error) {
          // Another host made it at that moment.
          if (!hasCode(error, "network.name_taken")) throw error;
          await this.ensure(await this.byName(defaultNetwork, project));
        }
        return;
      }
      const index = await this.records.freeIndex();
      await this.records.put({ name: defaultNetwork, project, kind: "user", index });
    });
  }

  /** Takes a project's networks off the host. Idempotent. */
  removeOf(project: string): Promise<void> {
    return this.alone(async () => {
      for (const record of await this.list()) if (record.project === project) await this.#drop(record);
    });
  }

  protected async plan(record: NetworkRecord): Promise<NetworkPlan | undefined> {
    const [members, records] = await Promise.all([this.parts.members(), this.list()]);
    const others = this.elsewhere()
      .filter(({ answered }) => answered.length > 0)
      .map((member) => ({ ...member, publish: member.answered }));
    return planOf(record, this.ground, publishedIn(idOf(record), [...members, ...others], records));
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
    return this.refreshPublishesIn(new Set(nics.map(({ network }) => networkId(project, network))));
  }

  refreshPublishesIn(ids: ReadonlySet<string>): Promise<void> {
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
    await this.overlay.remove();
    await this.guard.remove();
  }
}
