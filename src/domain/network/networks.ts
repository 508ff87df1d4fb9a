/**
 * This host's networks: set up when the daemon starts, joined and left by guests.
 *
 * The records decide; what is on the host follows them. Each network's changes run one after another.
 */
import { defaultProject } from "#contract/access";
import { asLodgeError, hasCode, LodgeError } from "#contract/errors";
import { limitsOfNic } from "#contract/limits";
import type { Publish } from "#contract/schema/guest";
import type { NicAdd } from "#contract/schema/network";
import { SerialQueue } from "#base/queue";
import type { Store } from "#durable/store/store";
import { usersOf } from "#hypervisor/cell/users";
import { closeHostToCells, openHostToCells } from "#hypervisor/net/cell-users";
import { mayAdministerNetwork } from "#hypervisor/net/capabilities";
import { leadsOut6 } from "#hypervisor/net/forwarding";
import { chooseSubnet, uplinkMtu } from "#hypervisor/net/host-subnets";
import { mostNetworks, tapName } from "#hypervisor/net/names";
import { bridgeOf, ensureNetwork, removeNetwork, setPublishes } from "#hypervisor/net/network";
import { taggedPart, type NetworkPlan } from "#hypervisor/net/plan";
import { putReservation, removeReservation, syncReservations } from "#hypervisor/net/reservations";
import { shapeTap } from "#hypervisor/net/shape";
import { randomSubnet6 } from "#hypervisor/net/subnet6";
import { createTap, deleteTap, repairTaps, type TapOptions } from "#hypervisor/net/tap";
import { Guard } from "../firewall/guard.ts";
import type { GuardedNetwork } from "../firewall/plan.ts";
import { findProject } from "../project/record.ts";
import { isWired, type Member, type RecordedNic } from "./member.ts";
import { makeNic } from "./nic.ts";
import { guardedNetwork, planOf, settingsOf, type Ground, type NicSettings } from "./plan.ts";
import { publishedIn, requirePortsFree } from "./publishes.ts";
import {
  addressKey,
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

export class Networks {
  readonly #parts: NetworksParts;
  readonly #queue = new SerialQueue();
  /** Why a network is not on the host, by its id. */
  readonly #problems = new Map<string, string>();
  #ground: Ground;
  /** What guests may send and get; open where this process may administer the host's network. */
  readonly guard: Guard;

  constructor(parts: NetworksParts) {
    this.#parts = parts;
    const { store, tag, folder, members: guests } = parts;
    this.#ground = { tag, folder, mtu: 1500, leadsOut6: false };
    this.guard = new Guard({ store, tag, guests, networks: () => this.#guarded() });
  }

  /** Makes the records if they are not there, and the host as they say. Called at every start. */
  async open(): Promise<void> {
    const { store, tag } = this.#parts;
    const [mtu, leads] = await Promise.all([uplinkMtu().catch(() => 1500), leadsOut6().catch(() => false)]);
    this.#ground = { ...this.#ground, mtu, leadsOut6: leads };
    await this.#record({ name: userNetwork, kind: "user", index: 1 });
    if (!(await mayAdministerNetwork())) {
      return this.#record({ name: defaultNetwork, kind: "user", index: 0 });
    }
    await closeHostToCells(tag, usersOf(tag));
    await this.#queue.run(async () => {
      await this.#renew(await listNetworks(store));
      const members = await this.#parts.members();
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
        const plan = await this.#ensure(record);
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
  async #ensure(record: NetworkRecord): Promise<NetworkPlan | undefined> {
    const plan = await this.#plan(record);
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
    return this.#queue.run(async () => {
      const plan = await this.#ensure(record);
      if (!plan) return;
      const running = (await this.#parts.members()).filter(({ process }) => process !== undefined);
      for (const { id, nic } of onNetwork(running, idOf(record)))
        await createTap(this.tapOf(id, nic.id), bridgeOf(partOf(plan, nic)), tapOptions(plan, nic));
    });
  }

  /** Takes a network off the host, and then its record away. Idempotent. */
  lower(record: NetworkRecord): Promise<void> {
    return this.#queue.run(() => this.#drop(record));
  }

  async #drop(record: NetworkRecord): Promise<void> {
    const plan = await this.#plan(record);
    if (plan) await this.#clear(plan, idOf(record));
    this.#problems.delete(idOf(record));
    await this.#parts.store.transact({ delete: [networkKey(idOf(record))] });
  }

  async #clear(plan: NetworkPlan, id: string): Promise<void> {
    for (const part of partsOf(plan, onNetwork(await this.#parts.members(), id))) await removeNetwork(part);
    await removeNetwork(plan);
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
    if (await this.#parts.store.get(key)) return;
    await this.#queue.run(async () => {
      if (await this.#parts.store.get(key)) return;
      // One that is being removed gets no more: its networks may be gone already.
      await findProject(this.#parts.store, project);
      if (await mayAdministerNetwork()) {
        await this.#ensure(await this.#create(project));
        return;
      }
      await this.put({ name: defaultNetwork, project, kind: "user", index: await this.freeIndex() });
    });
  }

  /** Takes a project's networks off the host. Idempotent. */
  removeOf(project: string): Promise<void> {
    return this.#queue.run(async () => {
      for (const record of await this.list()) if (record.project === project) await this.#drop(record);
    });
  }

  async #create(project: string): Promise<NetworkRecord> {
    const { store, tag } = this.#parts;
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
    await this.#parts.store.transact({ put: [{ key: networkKey(idOf(record)), value: record }] });
    return record;
  }

  async #record(record: NetworkRecord): Promise<void> {
    if (!(await this.#parts.store.get(networkKey(idOf(record))))) await this.put(record);
  }

  async #plan(record: NetworkRecord): Promise<NetworkPlan | undefined> {
    const [members, records] = await Promise.all([this.#parts.members(), this.list()]);
    return planOf(record, this.#ground, publishedIn(idOf(record), members, records));
  }

  byName(name: string, project: string): Promise<NetworkRecord> {
    return networkByName(this.#parts.store, name, project);
  }

  list(): Promise<NetworkRecord[]> {
    return listNetworks(this.#parts.store);
  }

  /** What taps are put into: those of a network's cards, or of one of them. */
  bridgeOf(record: NetworkRecord, nic: Pick<RecordedNic, "vlan"> = {}): string | undefined {
    const plan = planOf(record, this.#ground, []);
    return plan && bridgeOf(partOf(plan, nic));
  }

  /**
   * A new card in a network of a project: its MAC, and addresses that nobody has. They are claimed with the guest's
   * record, in a transaction that compares what `networksStay` says too.
   *
   * @throws LodgeError network.not_found, and what makeNic() throws
   */
  async newNic(id: string, wish: string | NicAdd, project: string): Promise<RecordedNic> {
    const asked = typeof wish === "string" ? { network: wish } : wish;
    if (asked.network === defaultNetwork) await this.ensureDefault(project);
    return makeNic(this.#parts, await this.byName(asked.network, project), id, asked);
  }

  /** A card like another guest's, with a MAC and addresses of its own. */
  async twin({ id, network, mac, mtu, vlan, port }: RecordedNic, project: string): Promise<RecordedNic> {
    const wish = {
      network,
      ...(mtu === undefined ? {} : { mtu }),
      ...(vlan === undefined ? {} : { vlan }),
    };
    const made = await this.newNic(id, wish, project);
    return { ...made, was: mac, ...(port === undefined ? {} : { port }) };
  }

  /** The keys that make these NICs' addresses a guest's own. */
  claims(
    { id, project }: Pick<Member, "id" | "project">,
    nics: readonly RecordedNic[],
  ): { key: string; value: string }[] {
    return nics.flatMap(({ network, address }) =>
      address === undefined ? [] : [{ key: addressKey(networkId(project, network), address), value: id }],
    );
  }

  /** What a guest's card has to be told; undefined where others do. */
  async settings({ project }: Pick<Member, "project">, nic: RecordedNic): Promise<NicSettings | undefined> {
    return settingsOf(await this.byName(nic.network, project), nic, this.#ground);
  }

  /** @throws LodgeError api.invalid, network.port_in_use */
  async requirePortsFree(ports: readonly Publish[], owner?: string): Promise<void> {
    await requirePortsFree(await this.#parts.members(), ports, owner);
  }

  /** What this Lodge's devices are named by. */
  get tag(): string {
    return this.#parts.tag;
  }

  tapOf(guest: string, nic: string): string {
    return tapName(this.#parts.tag, guest, nic);
  }

  /** Connects a guest's NICs: address reserved, name known, tap in the bridge, ports published. Idempotent. */
  async attach(member: Member): Promise<void> {
    for (const nic of member.nics) await this.#join(member, nic);
    if (member.limits?.nic || member.limits?.nics) await this.shape(member);
    if (member.publish.length > 0) await this.refreshPublishes(member);
  }

  /** Gives a guest's NICs the rates that its limits say, or none. Idempotent. */
  async shape({ id, nics, limits }: Pick<Member, "id" | "nics" | "limits">): Promise<void> {
    for (const nic of nics)
      if (isWired(nic)) await shapeTap(this.tapOf(id, nic.id), limitsOfNic(limits, nic.id));
  }

  async #join(member: Member, nic: RecordedNic): Promise<void> {
    const record = await this.byName(nic.network, member.project);
    // What kept it off the host may be gone by now.
    const absent = this.#problems.has(idOf(record));
    const whole = absent ? await this.#queue.run(() => this.#ensure(record)) : await this.#plan(record);
    if (!whole) return;
    const plan = partOf(whole, nic);
    if (plan !== whole) await this.#queue.run(() => ensureNetwork(plan));
    const tap = this.tapOf(member.id, nic.id);
    const { address, address6, mac } = nic;
    const { subnet } = plan;
    const reserved = { mac, ...(address6 === undefined ? {} : { address6 }), names: [member.name] };
    await Promise.all([
      this.guard.refresh(),
      createTap(tap, bridgeOf(plan), tapOptions(plan, nic)),
      address === undefined || subnet === undefined
        ? undefined
        : putReservation({ ...plan, subnet }, { ...reserved, address }),
    ]);
  }

  /** Takes the host's end of a stopped guest's NICs away; its addresses stay its own. Idempotent. */
  async detach(member: Pick<Member, "id" | "nics">): Promise<void> {
    const taps = member.nics.map((nic) => this.tapOf(member.id, nic.id));
    if (taps.length > 0) await deleteTap(...taps).catch(ignoreMissingTools);
  }

  /** Frees a removed guest's addresses, names and ports. Idempotent. */
  async release(member: Member): Promise<void> {
    await this.guard.forget(member.id);
    for (const nic of member.nics) await this.leave(member, nic);
    if (member.publish.length > 0) await this.refreshPublishes(member);
  }

  /** Takes the host's end of one card away and frees its addresses and names, of a guest that stays. Idempotent. */
  async leave(member: Pick<Member, "id" | "project">, nic: RecordedNic): Promise<void> {
    await this.detach({ id: member.id, nics: [nic] });
    const record = await this.byName(nic.network, member.project).catch(() => undefined);
    const plan = record && (await this.#plan(record));
    if (plan?.subnet !== undefined) await removeReservation({ ...plan, subnet: plan.subnet }, nic.mac);
    if (plan && nic.vlan !== undefined) await this.#leavePart(plan, idOf(record), member.id, nic);
  }

  /** The part of a network with a card's tag goes with the last card that has it. */
  async #leavePart(plan: NetworkPlan, id: string, guest: string, nic: RecordedNic): Promise<void> {
    const others = onNetwork(await this.#parts.members(), id).filter(
      (one) => one.nic.vlan === nic.vlan && !(one.id === guest && one.nic.id === nic.id),
    );
    if (others.length === 0) await this.#queue.run(() => removeNetwork(partOf(plan, nic)));
  }

  /** Makes the rules of a guest's networks say what the guests' records say. */
  refreshPublishes({ project, nics }: Pick<Member, "project" | "nics">): Promise<void> {
    const ids = new Set(nics.map(({ network }) => networkId(project, network)));
    return this.#queue.run(async () => {
      for (const record of await this.list()) {
        if (!publishes(record.kind) || !ids.has(idOf(record)) || this.#problems.has(idOf(record))) continue;
        const plan = await this.#plan(record);
        if (plan) await setPublishes(plan, plan.publishes);
      }
    });
  }

  async #guarded(): Promise<GuardedNetwork[]> {
    return (await this.list()).flatMap((record) => guardedNetwork(record, this.#ground) ?? []);
  }

  /** Removes every network from the host. For `lodge uninstall`. */
  async removeAll(): Promise<void> {
    for (const record of await this.list()) {
      const plan = await this.#plan(record);
      if (plan) await this.#clear(plan, idOf(record));
    }
    if (!(await mayAdministerNetwork())) return;
    await openHostToCells(this.#parts.tag);
    await this.guard.remove();
  }
}

/** What of a network a card is in. */
const partOf = (plan: NetworkPlan, { vlan }: Pick<RecordedNic, "vlan">): NetworkPlan =>
  vlan === undefined ? plan : taggedPart(plan, vlan);

/** Each part with a tag of its own. */
const partsOf = (plan: NetworkPlan, cards: readonly { readonly nic: RecordedNic }[]): NetworkPlan[] =>
  [...new Set(cards.flatMap(({ nic }) => nic.vlan ?? []))].map((vlan) => taggedPart(plan, vlan));

/** Cards in a network, with their guests. */
export const onNetwork = (
  members: readonly Member[],
  id: string,
): { readonly id: string; readonly name: string; readonly nic: RecordedNic }[] =>
  members.flatMap((member) =>
    member.nics
      .filter((nic) => networkId(member.project, nic.network) === id && isWired(nic))
      .map((nic) => ({ id: member.id, name: member.name, nic })),
  );

const isDefault = ({ name, project = defaultProject }: NetworkRecord): boolean =>
  name === defaultNetwork && project === defaultProject;

/** Of a tap; the MAC of a card that sends from no other is told to the bridge. */
const tapOptions = (plan: NetworkPlan, { mac, pin, mtu = plan.mtu }: RecordedNic): TapOptions => ({
  mtu,
  ...(pin === "off" ? {} : { guestMac: mac }),
});

/** Without `ip` there cannot be a tap. */
function ignoreMissingTools(error: unknown): void {
  if (!hasCode(error, "host.command_missing")) throw error;
}
