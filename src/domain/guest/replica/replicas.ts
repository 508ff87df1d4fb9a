/** Replicas of this host's guests, as the API offers them. */
import { hasCode, LodgeError } from "#contract/errors";
import type { Operation } from "#contract/operation";
import type { Schemas } from "#contract/schemas";
import type { OperationEngine } from "#durable/operation/engine";
import { update } from "#durable/store/update";
import { kindUnder } from "../ha.ts";
import { guestById, guestKey, toGuest, writtenLayers, type GuestRecord } from "../record.ts";
import type { CopyHosts } from "./hosts.ts";
import { requireReplicable } from "./possible.ts";
import type { defineReplicate, ReplicateParts } from "./replicate.ts";

export interface ReplicasParts extends Omit<ReplicateParts, "hosts"> {
  /** Undefined: this host is alone. */
  readonly hosts: () => CopyHosts | undefined;
  /** The id of the host that suits it best, besides this one. @throws LodgeError placement.no_host */
  readonly choose: (guest: string) => Promise<string>;
  readonly engine: Pick<OperationEngine, "start">;
  readonly operation: ReturnType<typeof defineReplicate>;
}

export class Replicas {
  readonly #parts: ReplicasParts;

  constructor(parts: ReplicasParts) {
    this.#parts = parts;
  }

  /** @throws LodgeError replica.impossible, replica.exists, cluster.host_not_found, guest.busy */
  async begin(ref: string, { to }: Schemas["ReplicaSet"]): Promise<Operation> {
    const { fleet, hosts, choose, engine, operation } = this.#parts;
    const record = await guestById(fleet.parts.store, ref);
    const known = hosts();
    const alone = (reason: string, fix: string) =>
      new LodgeError("replica.impossible", { guest: record.name, reason, fix });
    if (!known) throw alone("this host is in no cluster", "let it join one, or make one of it and others");
    if (record.replica)
      throw new LodgeError("replica.exists", { guest: record.name, host: record.replica.host });
    await requireReplicable(fleet.parts.store, record);
    const host = known.find(to ?? (await choose(record.id)));
    if (host.id === known.self) throw alone(`it is on ${host.name} itself`, "choose another host");
    const options = {
      targets: [`replica:${record.id}`],
      project: record.project,
      whenBusy: "refuse",
    } as const;
    try {
      return (await engine.start(operation, { guest: record.id, to: host.id }, options)).operation;
    } catch (error) {
      if (!hasCode(error, "operation.target_busy")) throw error;
      throw new LodgeError("guest.busy", { guest: record.name, operation: error.params["operation"] ?? "" });
    }
  }

  /** @throws LodgeError replica.none, guest.ha_impossible */
  async remove(ref: string): Promise<Schemas["Guest"]> {
    const { fleet, drop } = this.#parts;
    const { store, places } = fleet.parts;
    const { id, name, ha, replica, ...before } = await guestById(store, ref);
    if (!replica) throw new LodgeError("replica.none", { guest: name });
    if (ha)
      for (const layer of Object.values(writtenLayers(before)))
        if (!["rbd", "shared"].includes(await kindUnder({ store, places }, layer)))
          throw new LodgeError("guest.ha_impossible", {
            guest: name,
            reason: "its replica is what it comes back from",
            fix: `make it available no more first with 'lodge set ${name} --ha off'`,
          });
    let had: GuestRecord | undefined;
    const after = await update<GuestRecord>(store, guestKey(id), (now) => {
      had = now;
      if (!now?.replica) return now;
      const { replica: _, ...rest } = now;
      return rest;
    });
    if (had) await drop(had);
    if (!after) throw new LodgeError("guest.not_found", { guest: name });
    return toGuest(after);
  }
}
