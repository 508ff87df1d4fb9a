/**
 * This host's networks, joined and left by guests. The records decide; what is on the host follows them
 * (host-networks.ts).
 */
import { hasCode, LodgeError } from "#contract/errors";
import { limitsOfNic } from "#contract/limits";
import type { Publish } from "#contract/schema/guest";
import type { NicAdd } from "#contract/schema/network";
import type { CarriedSet } from "#hypervisor/net/guard/carried";
import type { CarriedFlow } from "#hypervisor/net/overlay/carried";
import { bridgeOf, ensureNetwork, removeNetwork } from "#hypervisor/net/network";
import type { NetworkPlan } from "#hypervisor/net/plan";
import { putReservation, removeReservation } from "#hypervisor/net/reservations";
import { gatewayOf } from "#hypervisor/net/subnet";
import { shapeTap } from "#hypervisor/net/shape";
import { createTap, deleteTap } from "#hypervisor/net/tap";
import { onNetwork, partOf, tapOptions } from "./cards.ts";
import { HostNetworks } from "./host-networks.ts";
import { isWired, type Member, type RecordedNic } from "./member.ts";
import { makeNic } from "./nic.ts";
import { guardedNetwork, planOf, settingsOf, type NicSettings } from "./plan.ts";
import { requirePortsFree } from "./publishes.ts";
import { addressKey, defaultNetwork, idOf, networkId } from "./record.ts";

/** What goes along with a guest from one host to another, as JSON. */
export interface GuestFlows {
  readonly ways: readonly CarriedFlow[];
  readonly ports: readonly { readonly nic: string; readonly sets: readonly CarriedSet[] }[];
}

/** How this host itself speaks to a guest: from its own address in a network, to that of the guest's card there. */
export interface HostWay {
  readonly address: string;
  readonly from: string;
}

export const noFlows: GuestFlows = { ways: [], ports: [] };

export class Networks extends HostNetworks {
  /**
   * A new card in a network of a project: its MAC, and addresses that nobody has. They are claimed with the guest's
   * record, in a transaction that compares what `networksStay` says too.
   *
   * @throws LodgeError network.not_found, and what makeNic() throws
   */
  async newNic(id: string, wish: string | NicAdd, project: string): Promise<RecordedNic> {
    const asked = typeof wish === "string" ? { network: wish } : wish;
    if (asked.network === defaultNetwork) await this.ensureDefault(project);
    const parts = { store: this.parts.store, members: () => this.everyone() };
    return makeNic(parts, await this.byName(asked.network, project), id, asked);
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
    return settingsOf(await this.byName(nic.network, project), nic, this.ground);
  }

  /** Undefined: this host has no address in any network that the guest has one in. */
  async hostWay({ project, nics }: Pick<Member, "project" | "nics">): Promise<HostWay | undefined> {
    for (const { network, address, vlan } of nics) {
      // What has a tag is in a network of its own, in which the host has none.
      if (address === undefined || vlan !== undefined) continue;
      const record = await this.byName(network, project);
      const subnet = this.isAbsent(record) ? undefined : planOf(record, this.ground, [])?.subnet;
      if (subnet !== undefined) return { address, from: gatewayOf(subnet) };
    }
    return undefined;
  }

  /** @throws LodgeError api.invalid, network.port_in_use */
  async requirePortsFree(ports: readonly Publish[], owner?: string): Promise<void> {
    await requirePortsFree(await this.everyone(), ports, owner);
    // Of one that comes from another host: its own there may be somebody's here.
    const coming = this.parts.elsewhere?.all().find(({ id }) => id === owner);
    const taken = (coming?.publish ?? []).find(({ protocol, hostPort }) => {
      const same = (port: Publish) => port.protocol === protocol && port.hostPort === hostPort;
      return ports.some(same) && !coming?.answered.some(same);
    });
    if (taken) {
      const { hostPort: port, protocol } = taken;
      throw new LodgeError("network.port_in_use", { port, protocol, suggestion: port + 1 });
    }
  }

  /**
   * That a guest which runs finds its neighbours on this host too, coming from another one.
   *
   * @throws LodgeError network.no_underlay
   */
  requireSpan(guest: Pick<Member, "project" | "nics">): void {
    this.parts.requireSpan?.(guest);
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
    const absent = this.isAbsent(record);
    const whole = absent ? await this.alone(() => this.ensure(record)) : await this.plan(record);
    if (!whole) return;
    const plan = partOf(whole, nic);
    if (plan !== whole) await this.alone(() => ensureNetwork(plan));
    const tap = this.tapOf(member.id, nic.id);
    const awaited = this.parts.elsewhere?.has(member.id) ?? false;
    const { address, address6, mac } = nic;
    const { subnet } = plan;
    const reserved = { mac, ...(address6 === undefined ? {} : { address6 }), names: [member.name] };
    await Promise.all([
      this.guard.refresh(),
      createTap(tap, bridgeOf(plan), { ...tapOptions(plan, nic), awaited }),
      address === undefined || subnet === undefined
        ? undefined
        : putReservation({ ...plan, subnet }, { ...reserved, address }),
    ]);
  }

  /** The guest has come from another host, and what is meant for it comes here from now on. Idempotent. */
  async arrived({ id, project, nics }: Pick<Member, "id" | "project" | "nics">): Promise<void> {
    this.parts.elsewhere?.forget(id);
    for (const nic of nics.filter(isWired)) {
      const record = await this.byName(nic.network, project);
      const whole = this.isAbsent(record) ? undefined : await this.plan(record);
      if (!whole) continue;
      const plan = partOf(whole, nic);
      await createTap(this.tapOf(id, nic.id), bridgeOf(plan), tapOptions(plan, nic));
    }
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
    await this.parts.onReleased?.(member);
  }

  /**
   * The connections that a guest has, as it takes them along to another host: what goes through this host goes on
   * through it. To be asked while it stands still.
   *
   * @throws LodgeError host.command_*
   */
  async flowsOf({ id, project, nics }: Pick<Member, "id" | "project" | "nics">): Promise<GuestFlows> {
    const wired = nics.filter(isWired);
    const records = await Promise.all(wired.map((nic) => this.byName(nic.network, project)));
    const networks = records.flatMap((record) => guardedNetwork(record, this.ground) ?? []);
    const ends = {
      addresses: wired.flatMap(({ address, address6 }) => [address ?? [], address6 ?? []].flat()),
      gateways: networks.flatMap(({ gateways }) => gateways),
      subnets: networks.flatMap(({ subnets }) => subnets),
    };
    const [ways, remembered] = await Promise.all([
      this.overlay.flowsOf(ends),
      this.guard.flowsOf(wired.map((nic) => this.tapOf(id, nic.id))),
    ]);
    return { ways, ports: wired.map((nic, at) => ({ nic: nic.id, sets: remembered[at] ?? [] })) };
  }

  /** Has this host go on with the connections of a guest that comes, whose cards are attached. Before it runs. */
  async takeFlows({ id, nics }: Pick<Member, "id" | "nics">, { ways, ports }: GuestFlows): Promise<void> {
    const addresses = nics.flatMap(({ address, address6 }) => [address ?? [], address6 ?? []].flat());
    await Promise.all([
      this.alone(() => this.overlay.takeFlows(addresses, ways)),
      ...ports.map(({ nic, sets }) => this.guard.takeFlows(this.tapOf(id, nic), sets)),
    ]);
  }

  /** Takes the host's end of one card away and frees its addresses and names, of a guest that stays. Idempotent. */
  async leave(member: Pick<Member, "id" | "project">, nic: RecordedNic): Promise<void> {
    await this.detach({ id: member.id, nics: [nic] });
    const record = await this.byName(nic.network, member.project).catch(() => undefined);
    const plan = record && (await this.plan(record));
    if (plan?.subnet !== undefined) await removeReservation({ ...plan, subnet: plan.subnet }, nic.mac);
    if (plan && nic.vlan !== undefined) await this.#leavePart(plan, idOf(record), member.id, nic);
  }

  /** The part of a network with a card's tag goes with the last card that has it. */
  async #leavePart(plan: NetworkPlan, id: string, guest: string, nic: RecordedNic): Promise<void> {
    const others = onNetwork(await this.parts.members(), id).filter(
      (one) => one.nic.vlan === nic.vlan && !(one.id === guest && one.nic.id === nic.id),
    );
    if (others.length === 0) await this.alone(() => removeNetwork(partOf(plan, nic)));
  }
}

/** Without `ip` there cannot be a tap. */
function ignoreMissingTools(error: unknown): void {
  if (!hasCode(error, "host.command_missing")) throw error;
}
