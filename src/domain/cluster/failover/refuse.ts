/**
 * Has a guest's disks refuse what a lost host still writes, whatever that host is doing: paused, cut off, or off.
 *
 *   its disks are in Ceph           each client that has one open is blocked
 *   in a pool that hosts share      a fence device says that the host is off, once for all guests of one take-over
 */
import { LodgeError } from "#contract/errors";
import type { ReadStore } from "#durable/store/store";
import { PoolTrouble } from "#hypervisor/disk/pool/driver";
import { refuseUsers } from "#hypervisor/disk/pool/rbd/refuse";
import type { Layer } from "../../volume/layer.ts";
import { driverOf, poolOf, poolPrefix, type PoolRecord } from "../../volume/pool.ts";
import type { FenceDevices } from "../fence/devices.ts";
import { HostRecords, type Belongings } from "./belongings.ts";
import type { LostHost } from "./take-over.ts";

export interface RefuseParts {
  /** All hosts' records as they lie. */
  readonly store: ReadStore;
  /** This host, whose pools are asked. */
  readonly host: string;
  readonly fences: Pick<FenceDevices, "switchOff">;
}

export class Refusals {
  readonly #parts: RefuseParts;
  /** Of a host that was found to be off. A device's word holds for one claim: it may have come on again, and have been lost again. */
  readonly #off = new Map<string, { readonly claim: number; readonly word: Promise<string | undefined> }>();

  constructor(parts: RefuseParts) {
    this.#parts = parts;
  }

  /** @throws LodgeError failover.not_refused */
  async refuse(lost: LostHost, { guest, layers }: Belongings, claim: number): Promise<void> {
    const no = (reason: string, cause?: unknown) =>
      new LodgeError("failover.not_refused", { host: lost.name, guest: guest.name, reason }, { cause });
    const pools = new Map((await this.#pools(lost.id)).map((pool) => [pool.name, pool]));
    const byId = new Map(layers.map((layer) => [layer.id, layer]));
    const kinds = new Map([...pools.values()].map(({ name, kind }) => [name, kind]));
    let needsDevice = false;
    for (const layer of layers) {
      const kind = kinds.get(poolOf(layer, byId, kinds));
      if (kind === "rbd") needsDevice = !(await this.#refuseRbd(layer, no)) || needsDevice;
      else if (kind === "shared") needsDevice = true;
      else throw no("what is on its disks is on that host alone");
    }
    if (!needsDevice) return;
    const word = await this.#switchOff(lost, claim);
    if (word !== undefined) throw no(word);
  }

  /** False: nobody is known to use it, which a host that was stopped may yet begin to. */
  async #refuseRbd(layer: Layer, no: (reason: string, cause: unknown) => LodgeError): Promise<boolean> {
    const own = (await this.#pools(this.#parts.host)).find(({ name }) => name === layer.pool);
    try {
      if (!own) throw new PoolTrouble(`this host has no pool ${layer.pool}`);
      return (await refuseUsers(driverOf(own).locate(layer.id, layer.format))).length > 0;
    } catch (error) {
      if (error instanceof PoolTrouble) throw no(error.message, error);
      throw error;
    }
  }

  async #switchOff({ id, name }: LostHost, claim: number): Promise<string | undefined> {
    const before = this.#off.get(id);
    if (before?.claim === claim) return before.word;
    const word = this.#parts.fences.switchOff(id, name);
    this.#off.set(id, { claim, word });
    const said = await word.catch((error: unknown) => {
      this.#off.delete(id);
      throw error;
    });
    // What it could not do it may do the next time.
    if (said !== undefined) this.#off.delete(id);
    return said;
  }

  async #pools(host: string): Promise<PoolRecord[]> {
    return (await new HostRecords(this.#parts.store, host).list<PoolRecord>(poolPrefix)).map(
      ({ value }) => value,
    );
  }
}
