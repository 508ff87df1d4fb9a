/**
 * This host's networks: set up when the daemon starts, joined and left by guests.
 *
 * The records decide; what is on the host follows them. Each network's changes run one after another.
 */
import { randomBytes, randomInt } from "node:crypto";
import { join } from "node:path";
import { hasCode, LodgeError } from "#contract/errors";
import type { Nic, Publish } from "#contract/schema/guest";
import { SerialQueue } from "#base/queue";
import type { Store } from "#durable/store/store";
import { chooseSubnet, uplinkMtu } from "#hypervisor/net/host-subnets";
import { mayAdministerNetwork } from "#hypervisor/net/capabilities";
import { bridgeName, tapName } from "#hypervisor/net/names";
import { ensureNatNetwork, removeNetwork, setPublishes } from "#hypervisor/net/nat";
import type { NatPlan, PublishedPort } from "#hypervisor/net/plan";
import { assertPortFree } from "#hypervisor/net/ports";
import { putReservation, removeReservation, syncReservations } from "#hypervisor/net/reservations";
import { addressAt, gatewayOf, prefixOf } from "#hypervisor/net/subnet";
import { createTap, deleteTap, repairTaps } from "#hypervisor/net/tap";
import {
  addressKey,
  addressPrefix,
  listNetworks,
  networkByName,
  networkKey,
  type NetworkRecord,
} from "./record.ts";

export const defaultNetwork = "default";
export const userNetwork = "user";
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
  readonly nics: readonly (Nic & { readonly tap?: string })[];
  readonly publish: readonly Publish[];
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

  constructor(parts: NetworksParts) {
    this.#parts = parts;
  }

  /** Makes the records if they are not there, and the host as they say. Called at every start. */
  async open(): Promise<void> {
    const { store } = this.#parts;
    this.#mtu = await uplinkMtu().catch(() => 1500);
    await this.#record({ name: userNetwork, kind: "user", index: 1 });
    if (!(await mayAdministerNetwork())) {
      return this.#record({ name: defaultNetwork, kind: "user", index: 0 });
    }
    const known = await store.get(networkKey(defaultNetwork));
    if (!known || (known.value as NetworkRecord).kind !== "nat") await this.#create();
    await this.#queue.run(async () => {
      const plan = await this.#plan(await networkByName(store, defaultNetwork));
      await ensureNatNetwork(plan);
      const members = await this.#parts.members();
      const running = members.filter((member) => member.process !== undefined);
      const used = running.flatMap(({ id, nics }) => nics.map((nic) => this.tapOf(id, nic.id)));
      await repairTaps(plan.tag, bridgeName(plan), new Set(used), { mtu: plan.mtu });
      const all = members.flatMap(({ name, nics }) =>
        nics.flatMap(({ network, mac, address }) =>
          network === defaultNetwork && address !== undefined ? [{ mac, address, names: [name] }] : [],
        ),
      );
      await syncReservations(plan, all);
    });
  }

  async #create(): Promise<void> {
    const subnet = await chooseSubnet(defaultNetwork, this.#parts.tag, []);
    const record: NetworkRecord = { name: defaultNetwork, kind: "nat", index: 0, subnet };
    await this.#parts.store.transact({ put: [{ key: networkKey(defaultNetwork), value: record }] });
  }

  async #record(record: NetworkRecord): Promise<void> {
    const known = await this.#parts.store.get(networkKey(record.name));
    if (!known) await this.#parts.store.transact({ put: [{ key: networkKey(record.name), value: record }] });
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
      directory: join(folder, record.name),
      publishes: await this.#publishes(record.name),
    };
  }

  async #publishes(network: string): Promise<PublishedPort[]> {
    const members = await this.#parts.members();
    return members.flatMap(({ nics, publish }) => {
      const guestAddress = nics.find((nic) => nic.network === network)?.address;
      return guestAddress === undefined ? [] : publish.map((port) => ({ ...port, guestAddress }));
    });
  }

  byName(name: string): Promise<NetworkRecord> {
    return networkByName(this.#parts.store, name);
  }

  list(): Promise<NetworkRecord[]> {
    return listNetworks(this.#parts.store);
  }

  bridgeOf(record: NetworkRecord): string | undefined {
    return record.kind === "nat" ? bridgeName({ tag: this.#parts.tag, index: record.index }) : undefined;
  }

  /** A new NIC in a network: its MAC, and an address that nobody has. The address is claimed with the guest's record. */
  async newNic(id: string, network: string): Promise<Nic> {
    const record = await this.byName(network);
    const mac = `52:54:00:${[...randomBytes(3)].map((byte) => byte.toString(16).padStart(2, "0")).join(":")}`;
    if (record.kind === "user") return { id, network, mac };
    const { items } = await this.#parts.store.list(addressPrefix(network));
    const taken = new Set(items.map(({ key }) => key.slice(addressPrefix(network).length)));
    // From a random place: an address that was just freed may still be in somebody's ARP cache.
    const start = randomInt(0, 250);
    for (let i = 0; i < 250; i++) {
      const address = addressAt(record.subnet!, 4 + ((start + i) % 250));
      if (!taken.has(address)) return { id, network, mac, address };
    }
    throw new LodgeError("network.addresses_exhausted", { network });
  }

  /** The keys that make these NICs' addresses a guest's own. */
  claims(guest: string, nics: readonly Nic[]): { key: string; value: string }[] {
    return nics.flatMap(({ network, address }) =>
      address === undefined ? [] : [{ key: addressKey(network, address), value: guest }],
    );
  }

  async settings(nic: Nic): Promise<NicSettings | undefined> {
    const { subnet } = await this.byName(nic.network);
    if (subnet === undefined || nic.address === undefined) return undefined;
    return { address: nic.address, prefix: prefixOf(subnet), gateway: gatewayOf(subnet) };
  }

  /** @throws LodgeError network.port_in_use when something else on this host has the port. */
  async requirePortsFree(ports: readonly Publish[], except?: string): Promise<void> {
    const members = await this.#parts.members();
    for (const { protocol, hostPort } of ports) {
      const holder = members.find(
        ({ id, publish }) =>
          id !== except && publish.some((port) => port.hostPort === hostPort && port.protocol === protocol),
      );
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
      const record = await this.byName(nic.network);
      if (record.kind !== "nat") continue;
      const plan = await this.#plan(record);
      const bridge = bridgeName(plan);
      await Promise.all([
        createTap(this.tapOf(member.id, nic.id), bridge, { mtu: plan.mtu }),
        nic.address === undefined
          ? undefined
          : putReservation(plan, { mac: nic.mac, address: nic.address, names: [member.name] }),
      ]);
    }
    if (member.publish.length > 0) await this.refreshPublishes();
  }

  /** Takes the host's end of a stopped guest's NICs away; its addresses stay its own. Idempotent. */
  async detach(member: Pick<Member, "id" | "nics">): Promise<void> {
    const taps = member.nics.map((nic) => this.tapOf(member.id, nic.id));
    if (taps.length > 0) await deleteTap(...taps).catch(ignoreMissingTools);
  }

  /** Frees a removed guest's addresses, names and ports. Idempotent. */
  async release(member: Member): Promise<void> {
    await this.detach(member);
    for (const nic of member.nics) {
      const record = await this.byName(nic.network).catch(() => undefined);
      if (record?.kind === "nat") await removeReservation(await this.#plan(record), nic.mac);
    }
    if (member.publish.length > 0) await this.refreshPublishes();
  }

  /** Makes the host's rules say what the guests' records say. */
  refreshPublishes(): Promise<void> {
    return this.#queue.run(async () => {
      for (const record of await this.list()) {
        if (record.kind !== "nat") continue;
        const plan = await this.#plan(record);
        await setPublishes(plan, plan.publishes);
      }
    });
  }

  /** Removes every network from the host. For `lodge uninstall`. */
  async removeAll(): Promise<void> {
    for (const record of await this.list()) {
      if (record.kind === "nat") await removeNetwork(await this.#plan(record));
    }
  }
}

/** Without `ip` there cannot be a tap. */
function ignoreMissingTools(error: unknown): void {
  if (!hasCode(error, "host.command_missing")) throw error;
}
