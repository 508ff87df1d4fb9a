/** Snapshots, as the API offers them: reads and names at once, everything else by operations. */
import { hasCode, LodgeError } from "#contract/errors";
import type { GuestAction } from "#contract/actions";
import type { Operation } from "#contract/operation";
import type { Snapshot } from "#contract/schema/snapshot";
import type { Schemas } from "#contract/schemas";
import { newId } from "#base/ids";
import type { OperationDefinition } from "#durable/operation/define";
import type { OperationEngine } from "#durable/operation/engine";
import type { Demand } from "../../host/demand.ts";
import { toAdd, toRestore } from "../demands.ts";
import type { Fleet } from "../fleet.ts";
import { guestById, guestTarget, writtenLayers, type GuestRecord } from "../record.ts";
import { hasProcess, requireAction } from "../state.ts";
import { defaultName, forkName } from "./name.ts";
import { prunable } from "./prune.ts";
import {
  findSnapshot,
  snapshotKey,
  snapshotNameKey,
  snapshotsOf,
  snapshotTarget,
  toSnapshot,
  type SnapshotRecord,
} from "./record.ts";
import type { defineForkSnapshot } from "./fork.ts";
import type { defineRemoveSnapshots } from "./remove.ts";
import type { defineRestore } from "./restore.ts";
import { sizesOf } from "./sizes.ts";
import { requireTakeable } from "./takeable.ts";
import type { defineTake } from "./take.ts";

export interface SnapshotOperations {
  readonly take: ReturnType<typeof defineTake>;
  readonly restore: ReturnType<typeof defineRestore>;
  readonly removeSnapshots: ReturnType<typeof defineRemoveSnapshots>;
  readonly forkSnapshot: ReturnType<typeof defineForkSnapshot>;
}

export interface SnapshotsParts {
  readonly fleet: Fleet;
  readonly engine: Pick<OperationEngine, "start">;
  readonly operations: SnapshotOperations;
}

export class Snapshots {
  readonly #parts: SnapshotsParts;

  constructor(parts: SnapshotsParts) {
    this.#parts = parts;
  }

  get #store() {
    return this.#parts.fleet.parts.store;
  }

  async list(ref: string): Promise<Snapshot[]> {
    const guest = await guestById(this.#store, ref);
    return (await snapshotsOf(this.#store, guest.id)).map(toSnapshot);
  }

  async get(ref: string, snapshot: string): Promise<Snapshot> {
    const guest = await guestById(this.#store, ref);
    return toSnapshot(await findSnapshot(this.#store, guest, snapshot));
  }

  take(ref: string, body: Schemas["SnapshotCreate"]): Promise<Operation> {
    const { clock } = this.#parts.fleet.parts;
    const { name = defaultName(clock.now()), description = "", memory = false, freeze = "auto" } = body;
    return this.#begin(ref, "snapshot", this.#parts.operations.take, async (guest) => {
      // Asked now already, so that who asked is told at once.
      await requireTakeable(this.#parts.fleet, guest, { name, memory });
      const input = { guest: guest.id, name, description, memory, freeze };
      const { size } = await sizesOf(this.#store, writtenLayers(guest), undefined);
      return { input, demand: toAdd(guest, { snapshots: 1, disk: size + (memory ? guest.memory : 0) }) };
    });
  }

  restore(ref: string, snapshot: string, body: Schemas["SnapshotRestore"]): Promise<Operation> {
    const { force = false, memory = true, keep = false } = body;
    const { clock } = this.#parts.fleet.parts;
    const action = force ? "force-restore" : "restore";
    return this.#begin(ref, action, this.#parts.operations.restore, async (guest) => {
      const { id, kind, machine } = await findSnapshot(this.#store, guest, snapshot);
      // Asked once more when it happens; now, so that who asked is told at once.
      await this.#parts.fleet.parts.pass(
        async () => toRestore(guest, machine),
        async () => undefined,
      );
      const start = body.start ?? (hasProcess(guest.state) || (memory && kind === "memory"));
      const input = { guest: guest.id, snapshot: id, force, memory, start };
      if (!keep) return { input };
      const { size } = await sizesOf(this.#store, writtenLayers(guest), undefined);
      return {
        input: { ...input, keep: defaultName(clock.now()) },
        demand: toAdd(guest, { snapshots: 1, disk: size }),
      };
    });
  }

  /** The guest itself is not touched, whatever it is doing. */
  async fork(ref: string, snapshot: string, body: Schemas["SnapshotFork"]): Promise<Operation> {
    const guest = await guestById(this.#store, ref);
    const { id, kind } = await findSnapshot(this.#store, guest, snapshot);
    const child = newId("g");
    const { name = forkName(guest.name), memory = kind === "memory", allowTpm = false } = body;
    const input = { guest: guest.id, snapshot: id, child, name, memory, allowTpm };
    const options = { targets: [guestTarget(child), snapshotTarget(id)], project: guest.project };
    return (await this.#parts.engine.start(this.#parts.operations.forkSnapshot, input, options)).operation;
  }

  remove(ref: string, snapshot: string): Promise<Operation> {
    return this.#remove(ref, async (guest) => [await findSnapshot(this.#store, guest, snapshot)]);
  }

  /** @throws LodgeError api.invalid where nothing says which */
  async prune(ref: string, rule: Schemas["SnapshotPrune"]): Promise<Operation> {
    if (rule.keep === undefined && rule.olderThan === undefined)
      throw new LodgeError("api.invalid", { field: "keep", reason: "it or olderThan has to be there" });
    const { clock } = this.#parts.fleet.parts;
    return this.#remove(ref, async ({ id }) =>
      prunable(await snapshotsOf(this.#store, id), rule, clock.now()),
    );
  }

  /** @throws LodgeError snapshot.name_taken */
  async update(ref: string, snapshot: string, body: Schemas["SnapshotUpdate"]): Promise<Snapshot> {
    for (;;) {
      const guest = await guestById(this.#store, ref);
      const { id } = await findSnapshot(this.#store, guest, snapshot);
      const item = (await this.#store.get(snapshotKey(id)))!;
      const before = item.value as SnapshotRecord;
      const after = { ...before, ...body };
      const renamed = after.name !== before.name;
      const named = snapshotNameKey(guest.id, after.name);
      try {
        await this.#store.transact({
          compare: [
            { key: item.key, revision: item.revision },
            ...(renamed ? [{ key: named, revision: "absent" as const }] : []),
          ],
          put: [{ key: item.key, value: after }, ...(renamed ? [{ key: named, value: id }] : [])],
          ...(renamed ? { delete: [snapshotNameKey(guest.id, before.name)] } : {}),
        });
        return toSnapshot(after);
      } catch (error) {
        if (!hasCode(error, "store.conflict")) throw error;
        if (renamed && (await this.#store.get(named)))
          throw new LodgeError("snapshot.name_taken", { guest: guest.name, name: after.name });
      }
    }
  }

  #remove(ref: string, choose: (guest: GuestRecord) => Promise<SnapshotRecord[]>): Promise<Operation> {
    return this.#begin(ref, "snapshot", this.#parts.operations.removeSnapshots, async (guest) => {
      const ids = (await choose(guest)).map(({ id }) => id);
      return { input: { guest: guest.id, snapshots: ids }, targets: ids.map(snapshotTarget) };
    });
  }

  /** @throws LodgeError guest.wrong_state, guest.busy */
  async #begin<Input, State extends object, Result>(
    ref: string,
    action: GuestAction,
    definition: OperationDefinition<Input, State, Result>,
    plan: (guest: GuestRecord) => Promise<{
      readonly input: Input;
      readonly targets?: readonly string[];
      /** What it adds when it has ended. */
      readonly demand?: Demand;
    }>,
  ): Promise<Operation> {
    const guest = await guestById(this.#store, ref);
    requireAction(guest, action);
    const { input, targets = [], demand } = await plan(guest);
    try {
      const { project } = guest;
      const held = [guestTarget(guest.id), ...targets];
      const options = { targets: held, project, whenBusy: "refuse", claim: demand } as const;
      const start = () => this.#parts.engine.start(definition, input, options);
      const { pass } = this.#parts.fleet.parts;
      const started = demand ? await pass(demand, start, ({ completion }) => completion) : await start();
      return started.operation;
    } catch (error) {
      if (!hasCode(error, "operation.target_busy")) throw error;
      throw new LodgeError("guest.busy", { guest: guest.name, operation: error.params["operation"] ?? "" });
    }
  }
}
