/** The records of networks, as they are made: each has a number that is no other's, by which devices and groups are named. */
import { defaultProject } from "#contract/access";
import { hasCode, LodgeError } from "#contract/errors";
import type { Store, Transaction } from "#durable/store/store";
import { chooseSubnet } from "#hypervisor/net/host-subnets";
import { bridgeMac, mostNetworks } from "#hypervisor/net/names";
import { randomSubnet6 } from "#hypervisor/net/subnet6";
import {
  defaultNetwork,
  idOf,
  listNetworks,
  networkKey,
  networkNumberKey,
  type NetworkRecord,
} from "./record.ts";
import { spans } from "./spanning/plan.ts";

export interface NetworkRecordsParts {
  readonly store: Store;
  readonly tag: string;
  /** Other hosts have them too: what is the same on all is said in the record. */
  readonly spanning: boolean;
}

export class NetworkRecords {
  readonly #parts: NetworkRecordsParts;

  constructor(parts: NetworkRecordsParts) {
    this.#parts = parts;
  }

  /**
   * Writes a new record, with a number that is no other network's. Another host may have made one at that moment.
   *
   * @throws LodgeError network.too_many, network.name_taken
   */
  async claim(record: NetworkRecord, compare: Transaction["compare"] = []): Promise<NetworkRecord> {
    const { store, tag, spanning } = this.#parts;
    const key = networkKey(idOf(record));
    for (let index = record.index; ; index = await this.freeIndex()) {
      const numbered = { ...record, index };
      const value =
        spanning && spans(record.kind) ? { ...numbered, mac: bridgeMac({ tag, index }) } : numbered;
      const number = networkNumberKey(index);
      const absent = [key, number].map((one) => ({ key: one, revision: "absent" as const }));
      try {
        await store.transact({
          compare: [...absent, ...compare],
          put: [
            { key, value },
            { key: number, value: idOf(record) },
          ],
        });
        return value;
      } catch (error) {
        if (!hasCode(error, "store.conflict")) throw error;
        if (await store.get(key)) throw new LodgeError("network.name_taken", { network: record.name });
        // Neither the name nor the number: what the caller compares.
        if (!(await store.get(number))) throw error;
      }
    }
  }

  /** The default network of a project. @throws LodgeError network.too_many, network.no_subnet, network.name_taken */
  async claimDefault(project: string): Promise<NetworkRecord> {
    const { store, tag } = this.#parts;
    const taken = (await listNetworks(store)).flatMap(({ subnet }) => subnet ?? []);
    const first = project === defaultProject;
    const subnet = await chooseSubnet(defaultNetwork, first ? tag : `${tag} ${project}`, taken);
    const index = first ? 0 : await this.freeIndex();
    const whose = first ? {} : { project };
    const record = { name: defaultNetwork, ...whose, kind: "nat", index, subnet } as const;
    return this.claim({ ...record, subnet6: randomSubnet6() });
  }

  /** @throws LodgeError network.too_many */
  async freeIndex(): Promise<number> {
    const { store } = this.#parts;
    const taken = new Set((await listNetworks(store)).map(({ index }) => index));
    for (let index = 2; index < mostNetworks; index++)
      if (!taken.has(index) && !(await store.get(networkNumberKey(index)))) return index;
    throw new LodgeError("network.too_many", { limit: mostNetworks });
  }

  async put(record: NetworkRecord): Promise<void> {
    await this.#parts.store.transact({ put: [{ key: networkKey(idOf(record)), value: record }] });
  }

  /** Writes it unless there is one. */
  async ensure(record: NetworkRecord): Promise<void> {
    if (!(await this.#parts.store.get(networkKey(idOf(record))))) await this.put(record);
  }
}

export const isDefault = ({ name, project = defaultProject }: NetworkRecord): boolean =>
  name === defaultNetwork && project === defaultProject;
