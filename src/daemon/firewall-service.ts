/** Firewall groups over the records of guests and networks, which they are attached to. */
import { defaultProject } from "#contract/access";
import { LodgeError } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import type { Clock } from "#base/clock";
import type { ReadStore, Store } from "#durable/store/store";
import { update } from "#durable/store/update";
import { changed, Firewalls } from "#domain/firewall/firewalls";
import { guestById, guestKey, listGuests, toGuest, type GuestRecord } from "#domain/guest/record";
import { isWired } from "#domain/network/member";
import type { Networks } from "#domain/network/networks";
import { networkId, networkKey, type NetworkRecord } from "#domain/network/record";
import { shownAddresses } from "#domain/firewall/addresses";
import type { FirewallService } from "#server/services";

export interface FirewallServiceParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly networks: Networks;
  /** All hosts' records. */
  readonly whole?: ReadStore;
  /** Has another host change a guest of its own; undefined: this one stands alone. */
  readonly elsewhere?: FirewallsElsewhere | undefined;
}

export interface FirewallsElsewhere {
  /** Undefined: it is this host's. */
  hostOf(guest: string): string | undefined;
  use(host: string, guest: string, use: Schemas["FirewallUse"]): Promise<void>;
}

/** Also of many guests at once: by one look at the host. */
export interface FirewallCounts {
  drops(
    guests: readonly { readonly id: string; readonly nics: readonly { readonly id: string }[] }[],
  ): Promise<Schemas["NicDrops"][][]>;
}

export function firewallService({
  store,
  clock,
  networks,
  whole = store,
  elsewhere,
}: FirewallServiceParts): FirewallService & FirewallCounts {
  async function use(id: string, body: Schemas["FirewallUse"]): Promise<void> {
    await update<GuestRecord>(store, guestKey(id), (now) => {
      if (!now) throw new LodgeError("guest.not_found", { guest: id });
      return { ...now, firewalls: [...changed(body, now.firewalls)] };
    });
    await networks.guard.refresh();
  }

  const firewalls = new Firewalls({
    store,
    clock,
    tag: networks.tag,
    guard: networks.guard,
    guests: () => listGuests(whole),
    networks: async () =>
      (await networks.list()).map((record) => ({
        name: record.name,
        project: record.project ?? defaultProject,
        bridged: networks.bridgeOf(record) !== undefined,
        firewalls: record.firewalls ?? [],
      })),
    changeGuest(id, body) {
      const host = elsewhere?.hostOf(id);
      return elsewhere && host !== undefined ? elsewhere.use(host, id, body) : use(id, body);
    },
    async changeNetwork(name, project, change) {
      await update<NetworkRecord>(store, networkKey(networkId(project, name)), (now) => {
        if (!now || networks.bridgeOf(now) === undefined)
          throw new LodgeError("network.not_found", { network: name });
        return { ...now, firewalls: change(now.firewalls ?? []) };
      });
    },
  });

  async function drops(guests: Parameters<FirewallCounts["drops"]>[0]): Promise<Schemas["NicDrops"][][]> {
    const counted = await networks.guard.counts();
    return guests.map(({ id, nics }) =>
      nics.flatMap((nic) => {
        const counts = counted(networks.tapOf(id, nic.id));
        return counts ? [{ nic: nic.id, ...counts }] : [];
      }),
    );
  }

  return {
    drops,
    use,
    dropsOf: async (guest) => (await drops([await guestById(store, guest)]))[0] ?? [],
    list: async (sight) => (await firewalls.list()).filter(({ project }) => sight.sees({ project })),
    get: (id) => firewalls.get(id),
    create: (body, project) => firewalls.create(body, project),
    update: (id, body) => firewalls.update(id, body),
    remove: (id) => firewalls.remove(id),
    addRule: (id, body) => firewalls.addRule(id, body),
    removeRule: (id, rule) => firewalls.removeRule(id, rule),
    attach: (id, users) => firewalls.attach(id, users),
    detach: (id, users) => firewalls.detach(id, users),
    log: (id) => firewalls.log(id),
    async addresses(guest) {
      const { id, nics } = await guestById(store, guest);
      return shownAddresses(nics, (nic) => networks.tapOf(id, nic), await networks.guard.heard());
    },
    async pin(guest, nic, { pin }) {
      const { name, nics } = await guestById(store, guest);
      if (!nics.some((one) => one.id === nic && isWired(one)))
        throw new LodgeError("nic.not_found", { guest: name, nic });
      const changed = await update<GuestRecord>(store, guestKey(guest), (now) => {
        if (!now) throw new LodgeError("guest.not_found", { guest: name });
        return {
          ...now,
          nics: now.nics.map((one) => (one.id === nic ? pinned(one, pin) : one)),
        };
      });
      if (changed?.process) await networks.attach(changed);
      else await networks.guard.refresh();
      return toGuest(changed!);
    },
  };
}

function pinned<T extends { readonly pin?: "off" }>({ pin: _, ...nic }: T, pin: "on" | "off") {
  return pin === "off" ? { ...nic, pin } : nic;
}
