/** Firewall groups, as the API offers them. What a call changes holds on the host when it returns. */
import { hasCode, LodgeError } from "#contract/errors";
import type {
  Firewall,
  FirewallCreate,
  FirewallLogLine,
  FirewallUpdate,
  FirewallUse,
  FirewallUsers,
  NewFirewallRule,
} from "#contract/schema/firewall";
import { mostRules } from "#contract/schema/firewall";
import type { Clock } from "#base/clock";
import { newId } from "#base/ids";
import type { Store } from "#durable/store/store";
import { update } from "#durable/store/update";
import { ruleLog } from "#hypervisor/net/guard/log";
import type { Guard } from "./guard.ts";
import type { GuardedGuest } from "./plan.ts";
import { firewallById, firewallKey, listFirewalls, type FirewallRecord } from "./record.ts";
import { newRule } from "./rules.ts";

/** A network, as far as groups are attached to it. */
export interface AttachedNetwork {
  readonly name: string;
  readonly project: string;
  /** Whether its guests have taps, where Lodge can judge their packets. */
  readonly bridged: boolean;
  readonly firewalls: readonly string[];
}

type Names = (now: readonly string[]) => readonly string[];

/** The names of the groups that hold, after a change. */
export const changed = ({ firewall, holds }: FirewallUse, now: readonly string[] = []): readonly string[] =>
  holds ? (now.includes(firewall) ? now : [...now, firewall]) : now.filter((one) => one !== firewall);

export interface FirewallsParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly tag: string;
  readonly guard: Guard;
  readonly guests: () => Promise<readonly GuardedGuest[]>;
  readonly networks: () => Promise<readonly AttachedNetwork[]>;
  /** On whichever host the guest is. */
  readonly changeGuest: (id: string, use: FirewallUse) => Promise<void>;
  /** @throws LodgeError network.not_found */
  readonly changeNetwork: (name: string, project: string, change: Names) => Promise<void>;
}

export class Firewalls {
  readonly #parts: FirewallsParts;

  constructor(parts: FirewallsParts) {
    this.#parts = parts;
  }

  async list(): Promise<Firewall[]> {
    const { store, guests, networks } = this.#parts;
    const [records, ...users] = await Promise.all([listFirewalls(store), guests(), networks()]);
    return records.map((record) => shown(record, ...users));
  }

  /** With what each rule allowed. @throws LodgeError firewall.not_found */
  async get(id: string): Promise<Firewall> {
    const record = await firewallById(this.#parts.store, id);
    const [shown, allowed] = await Promise.all([this.#shown(record), this.#parts.guard.allowed(id)]);
    const rules = shown.rules.map((rule) => {
      const packets = allowed.get(rule.id);
      return packets === undefined ? rule : { ...rule, packets };
    });
    return { ...shown, rules };
  }

  /** @throws LodgeError firewall.name_taken, firewall.peer_unknown, firewall.ports_wrong */
  async create({ name, description = "", rules = [] }: FirewallCreate, project: string): Promise<Firewall> {
    const { store, clock } = this.#parts;
    const record: FirewallRecord = {
      id: newId("f"),
      name,
      project,
      description,
      createdAt: new Date(clock.now()).toISOString(),
      rules: rules.map(newRule),
    };
    const key = firewallKey(project, name);
    try {
      await store.transact({ compare: [{ key, revision: "absent" }], put: [{ key, value: record }] });
    } catch (error) {
      if (hasCode(error, "store.conflict"))
        throw new LodgeError("firewall.name_taken", { name }, { cause: error });
      throw error;
    }
    return this.#shown(record);
  }

  /** Rules are replaced as a whole, at once. @throws LodgeError firewall.peer_unknown, firewall.ports_wrong */
  update(id: string, { description, rules }: FirewallUpdate): Promise<Firewall> {
    const fresh = rules?.map(newRule);
    return this.#change(id, (record) => ({
      ...record,
      ...(description === undefined ? {} : { description }),
      ...(fresh ? { rules: fresh } : {}),
    }));
  }

  /** @throws LodgeError firewall.too_many_rules, firewall.peer_unknown, firewall.ports_wrong */
  addRule(id: string, asked: NewFirewallRule): Promise<Firewall> {
    const rule = newRule(asked);
    return this.#change(id, (record) => {
      if (record.rules.length >= mostRules)
        throw new LodgeError("firewall.too_many_rules", { firewall: record.name, limit: mostRules });
      return { ...record, rules: [...record.rules, rule] };
    });
  }

  /** @throws LodgeError firewall.rule_not_found */
  removeRule(id: string, rule: string): Promise<Firewall> {
    return this.#change(id, (record) => {
      const rules = record.rules.filter((one) => one.id !== rule);
      if (rules.length === record.rules.length)
        throw new LodgeError("firewall.rule_not_found", { firewall: record.name, rule });
      return { ...record, rules };
    });
  }

  /** @throws LodgeError firewall.in_use */
  async remove(id: string): Promise<Firewall> {
    const { store } = this.#parts;
    const record = await firewallById(store, id);
    const shown = await this.#shown(record);
    const users = [
      ...shown.guests.map((name) => `guest ${name}`),
      ...shown.networks.map((name) => `network ${name}`),
    ];
    if (users.length > 0)
      throw new LodgeError("firewall.in_use", { firewall: record.name, users: users.join(", ") });
    await store.transact({ delete: [firewallKey(record.project, record.name)] });
    return shown;
  }

  /** @throws LodgeError guest.not_found, network.not_found, firewall.no_bridge */
  attach(id: string, users: FirewallUsers): Promise<Firewall> {
    return this.#use(id, users, true);
  }

  /** @throws LodgeError guest.not_found, network.not_found */
  detach(id: string, users: FirewallUsers): Promise<Firewall> {
    return this.#use(id, users, false);
  }

  async #use(id: string, users: FirewallUsers, holds: boolean): Promise<Firewall> {
    const { store, guests, networks, changeGuest, changeNetwork, guard } = this.#parts;
    const { name, project } = await firewallById(store, id);
    const [known, bridges] = await Promise.all([guests(), networks()]);
    const found = (users.guests ?? []).map((guest) => {
      const one = known.find((it) => it.project === project && it.name === guest);
      if (!one) throw new LodgeError("guest.not_found", { guest });
      const bridged = one.nics.every((nic) =>
        bridges.some((it) => it.bridged && it.name === nic.network && it.project === project),
      );
      if (!bridged) throw new LodgeError("firewall.no_bridge", { guest });
      return one;
    });
    const use: FirewallUse = { firewall: name, holds };
    for (const network of users.networks ?? [])
      await changeNetwork(network, project, (now) => changed(use, now));
    for (const guest of found) await changeGuest(guest.id, use);
    await guard.refresh();
    return this.get(id);
  }

  /** What rules with a log allowed, as long as the kernel remembers; oldest first. */
  async log(id: string): Promise<FirewallLogLine[]> {
    const { rules } = await firewallById(this.#parts.store, id);
    return ruleLog(
      this.#parts.tag,
      rules.map((rule) => rule.id),
    );
  }

  async #change(id: string, change: (record: FirewallRecord) => FirewallRecord): Promise<Firewall> {
    const { store, guard } = this.#parts;
    const { project, name } = await firewallById(store, id);
    await update<FirewallRecord>(store, firewallKey(project, name), (now) => {
      if (!now) throw new LodgeError("firewall.not_found", { firewall: name });
      return change(now);
    });
    await guard.refresh();
    return this.get(id);
  }

  async #shown(record: FirewallRecord): Promise<Firewall> {
    const [guests, networks] = await Promise.all([this.#parts.guests(), this.#parts.networks()]);
    return shown(record, guests, networks);
  }
}

/** With whom it holds for. */
function shown(
  record: FirewallRecord,
  guests: readonly GuardedGuest[],
  networks: readonly AttachedNetwork[],
): Firewall {
  const { project, name } = record;
  const has = (it: { readonly project: string; readonly firewalls?: readonly string[] }) =>
    it.project === project && it.firewalls?.includes(name) === true;
  return {
    ...record,
    guests: guests.filter(has).map((guest) => guest.name),
    networks: networks.filter(has).map((network) => network.name),
  };
}
