/** Guests, as the API offers them: reads at once, changes by operations. `run` is in template/run.ts. */
import type { Duplex } from "node:stream";
import { hasCode, LodgeError } from "#contract/errors";
import type { Operation } from "#contract/operation";
import type { Schemas } from "#contract/schemas";
import type { ConsoleStart } from "#contract/stream";
import { askedBy, matchOfAsker } from "#durable/operation/asker";
import type { OperationDefinition } from "#durable/operation/define";
import type { OperationEngine } from "#durable/operation/engine";
import type { Transaction } from "#durable/store/store";
import type { FarEnd } from "./ends.ts";
import { goesOn } from "./far-end.ts";
import { lastLines } from "#hypervisor/host/log-file";
import { chainLimit } from "../volume/chain.ts";
import { openSerial } from "./serial-console.ts";
import { requireNobodys } from "./looked-at.ts";
import { screenshot } from "./screenshot.ts";
import type { BranchInput, defineBranch } from "./branch.ts";
import type { Demand } from "../host/demand.ts";
import { toAdd } from "./demands.ts";
import type { defineDiskAdd } from "./disk-add.ts";
import type { defineDiskRemove } from "./disk-remove.ts";
import type { defineDiskResize } from "./disk-resize.ts";
import { changeDrive, type DriveParts } from "./drive.ts";
import { noteDiskFault, stuckIn } from "./disk-fault.ts";
import { chainLength } from "./keep-short.ts";
import { guestPlace } from "./place.ts";
import type { defineNicAdd } from "./nic-add.ts";
import type { defineNicRemove } from "./nic-remove.ts";
import { definePause, defineResume } from "./pause.ts";
import {
  findDisk,
  findNic,
  guestById,
  guestKey,
  guestTarget,
  toGuest,
  type GuestRecord,
  type Match,
} from "./record.ts";
import type { defineRemove } from "./remove.ts";
import type { defineShorten } from "./shorten.ts";
import { requireNoSnapshots } from "./snapshot/none.ts";
import type { SnapshotOperations } from "./snapshot/snapshots.ts";
import type { defineStart } from "./start.ts";
import { requireAction } from "./state.ts";
import type { defineStop } from "./stop.ts";
import type { defineSuspend } from "./suspend.ts";
import { updateGuest, type UpdateParts } from "./update.ts";
import type { GuestAction } from "#contract/actions";
import type { defineRestart } from "./restart.ts";

export interface GuestOperations extends SnapshotOperations {
  readonly start: ReturnType<typeof defineStart>;
  readonly stop: ReturnType<typeof defineStop>;
  readonly restart: ReturnType<typeof defineRestart>;
  readonly pause: ReturnType<typeof definePause>;
  readonly resume: ReturnType<typeof defineResume>;
  readonly suspend: ReturnType<typeof defineSuspend>;
  readonly remove: ReturnType<typeof defineRemove>;
  readonly branch: ReturnType<typeof defineBranch>;
  readonly diskAdd: ReturnType<typeof defineDiskAdd>;
  readonly diskRemove: ReturnType<typeof defineDiskRemove>;
  readonly diskResize: ReturnType<typeof defineDiskResize>;
  readonly nicAdd: ReturnType<typeof defineNicAdd>;
  readonly nicRemove: ReturnType<typeof defineNicRemove>;
  readonly shorten: ReturnType<typeof defineShorten>;
}

export interface GuestsParts extends UpdateParts {
  readonly engine: Pick<OperationEngine, "start">;
  readonly operations: GuestOperations;
  readonly drives: DriveParts;
}

/** Seconds a guest gets to shut down. */
const stopTimeout = 90;

export class Guests {
  readonly #parts: GuestsParts;

  constructor(parts: GuestsParts) {
    this.#parts = parts;
  }

  get #store() {
    return this.#parts.fleet.parts.store;
  }

  async get(ref: string): Promise<Schemas["Guest"]> {
    return this.#shown(await guestById(this.#store, ref));
  }

  /** One that stands still is shown so, also where the store's disk has no room to write it down. */
  #shown(record: GuestRecord): Schemas["Guest"] {
    const { fleet } = this.#parts;
    const live = fleet.get(record.id);
    return toGuest(live ? stuckIn(record, live, record.stateSince) : record);
  }

  /** Starts an operation on a guest, if it is in a state that allows the action and nothing else is under way. */
  async #begin<Input, State extends object, Result>(
    ref: string,
    action: GuestAction,
    definition: OperationDefinition<Input, State, Result>,
    input: (record: GuestRecord) => Input,
    {
      before,
      demand,
    }: {
      readonly before?: (record: GuestRecord) => Promise<"queue" | "refuse">;
      /** What it adds when it has ended. */
      readonly demand?: (record: GuestRecord) => Demand;
    } = {},
  ): Promise<Operation> {
    const record = await guestById(this.#store, ref);
    requireAction(record, action);
    const changes = await this.#matched(record);
    try {
      const { project } = record;
      const targets = [guestTarget(record.id)];
      const whenBusy = (await before?.(record)) ?? "refuse";
      const claim = demand?.(record);
      const options = { targets, project, whenBusy, claim, ...(changes ? { changes } : {}) };
      const start = () => this.#parts.engine.start(definition, input(record), options);
      const { pass } = this.#parts.fleet.parts;
      const started = claim ? await pass(claim, start, ({ completion }) => completion) : await start();
      return started.operation;
    } catch (error) {
      // It was changed since: perhaps to what whoever asks does not want to act on.
      if (changes && hasCode(error, "store.conflict"))
        return this.#begin(ref, action, definition, input, {
          ...(before ? { before } : {}),
          ...(demand ? { demand } : {}),
        });
      if (!hasCode(error, "operation.target_busy")) throw error;
      throw new LodgeError("guest.busy", { guest: record.name, operation: error.params["operation"] ?? "" });
    }
  }

  /** That a guest is still as whoever asks believes, for the transaction that begins work on it. */
  async #matched({ id, name }: GuestRecord): Promise<Transaction | undefined> {
    const match = matchOfAsker();
    if (!match) return undefined;
    const item = await this.#store.get(guestKey(id));
    if (!item) throw new LodgeError("guest.not_found", { guest: name });
    match(this.#shown(item.value as GuestRecord));
    return { compare: [{ key: item.key, revision: item.revision }] };
  }

  start(ref: string): Promise<Operation> {
    return this.#begin(ref, "start", this.#parts.operations.start, ({ id }) => ({ guest: id }));
  }

  stop(ref: string, { force = false, timeout = stopTimeout }: Schemas["GuestStop"]): Promise<Operation> {
    const { stop } = this.#parts.operations;
    return this.#begin(ref, force ? "force-stop" : "stop", stop, ({ id }) => ({ guest: id, force, timeout }));
  }

  restart(ref: string, { force = false, timeout = stopTimeout }: Schemas["GuestStop"]): Promise<Operation> {
    const { restart } = this.#parts.operations;
    return this.#begin(ref, "restart", restart, ({ id }) => ({ guest: id, force, timeout }));
  }

  pause(ref: string): Promise<Operation> {
    return this.#begin(ref, "pause", this.#parts.operations.pause, ({ id }) => ({ guest: id }));
  }

  async resume(ref: string): Promise<Operation> {
    const live = this.#parts.fleet.get((await guestById(this.#store, ref)).id);
    // That it stands still may not have been written down yet.
    if (live?.stuck) await noteDiskFault(this.#parts.fleet, live);
    return this.#begin(ref, "resume", this.#parts.operations.resume, ({ id }) => ({ guest: id }));
  }

  suspend(ref: string): Promise<Operation> {
    return this.#begin(ref, "suspend", this.#parts.operations.suspend, ({ id }) => ({ guest: id }));
  }

  async remove(
    ref: string,
    { force, snapshots }: { readonly force: boolean; readonly snapshots: boolean },
  ): Promise<Operation> {
    const { remove } = this.#parts.operations;
    const action = force ? "force-delete" : "delete";
    const input = ({ id }: GuestRecord) => ({ guest: id, force, snapshots });
    return this.#begin(ref, action, remove, input, {
      before: async (record) => {
        if (!snapshots) await requireNoSnapshots(this.#store, record);
        return "refuse";
      },
    });
  }

  fork(ref: string, { count = 1, name, allowTpm = false }: Schemas["GuestFork"]): Promise<Operation> {
    const input = (record: GuestRecord): BranchInput => ({
      guest: record.id,
      count,
      allowTpm,
      ...(name === undefined ? {} : { name }),
    });
    return this.#begin(ref, "fork", this.#parts.operations.branch, input, {
      before: (record) => this.#shorten(record),
    });
  }

  /** A guest that is branched faster than its chains are shortened in the background: the branch waits for it. */
  async #shorten(record: GuestRecord): Promise<"queue" | "refuse"> {
    if ((await chainLength(this.#store, record)) < chainLimit) return "refuse";
    const { project } = record;
    const options = { targets: [guestTarget(record.id)], project, whenBusy: "refuse" } as const;
    const input = { guest: record.id, urgent: true };
    // The branch is what is asked for.
    await askedBy(undefined, () => this.#parts.engine.start(this.#parts.operations.shorten, input, options));
    return "queue";
  }

  addDisk(ref: string, { size, bus, format = "qcow2", encrypt }: Schemas["DiskAdd"]): Promise<Operation> {
    const { diskAdd } = this.#parts.operations;
    if (encrypt && format === "raw")
      throw new LodgeError("api.invalid", { field: "format", reason: "only qcow2 is encrypted" });
    const input = ({ id, disks }: GuestRecord) => {
      const wanted = encrypt ?? (disks[0]?.encrypted === true && format !== "raw");
      return { guest: id, size, bus: bus ?? "virtio-scsi", format, encrypt: wanted } as const;
    };
    return this.#begin(ref, "add-disk", diskAdd, input, {
      demand: (record) => toAdd(record, { disk: size }),
    });
  }

  removeDisk(ref: string, disk: string): Promise<Operation> {
    const { diskRemove } = this.#parts.operations;
    return this.#begin(ref, "remove-disk", diskRemove, (record) => ({
      guest: record.id,
      disk: findDisk(record, disk).id,
    }));
  }

  resizeDisk(ref: string, disk: string, { size }: Schemas["DiskResize"]): Promise<Operation> {
    const { diskResize } = this.#parts.operations;
    const input = (record: GuestRecord) => ({ guest: record.id, disk: findDisk(record, disk).id, size });
    return this.#begin(ref, "resize-disk", diskResize, input, {
      demand: (record) => toAdd(record, { disk: size - findDisk(record, disk).size }),
    });
  }

  addNic(ref: string, wish: Schemas["NicAdd"]): Promise<Operation> {
    const { nicAdd } = this.#parts.operations;
    return this.#begin(ref, "add-nic", nicAdd, ({ id }) => ({ ...wish, guest: id }));
  }

  removeNic(ref: string, nic: string): Promise<Operation> {
    const { nicRemove } = this.#parts.operations;
    return this.#begin(ref, "remove-nic", nicRemove, (record) => ({
      guest: record.id,
      nic: findNic(record, nic).id,
    }));
  }

  update(ref: string, body: Schemas["GuestUpdate"], match?: Match): Promise<Schemas["Guest"]> {
    return updateGuest(this.#parts, ref, body, match);
  }

  drive(ref: string, body: Schemas["GuestDrive"], match?: Match): Promise<Schemas["Guest"]> {
    return changeDrive(this.#parts.drives, ref, body, match);
  }

  async screenshot(ref: string): Promise<Uint8Array> {
    const record = await guestById(this.#store, ref);
    requireAction(record, "screenshot");
    requireNobodys(record);
    const { fleet } = this.#parts;
    return screenshot(fleet.require(record.id).monitor, guestPlace(fleet.parts.places, record.id).run);
  }

  async logs(ref: string, { source = "serial", tail = 200 }: Schemas["LogQuery"]): Promise<string> {
    const record = await guestById(this.#store, ref);
    const place = guestPlace(this.#parts.fleet.parts.places, record.id);
    return lastLines(source === "qemu" ? place.qemuLog : place.serialLog, tail);
  }

  async console(ref: string, { scrollback = 65_536 }: ConsoleStart, signal: AbortSignal): Promise<Duplex> {
    const record = await guestById(this.#store, ref);
    requireAction(record, "console");
    const { fleet } = this.#parts;
    const { serialLog: log, serial: socket } = guestPlace(fleet.parts.places, record.id);
    const { farEnd } = fleet.parts;
    let last = fleet.require(record.id);
    const onward = async (reach: FarEnd) => {
      const next = await goesOn(fleet, reach, last, "console", signal);
      last = fleet.get(record.id) ?? last;
      return next;
    };
    return openSerial({ log, socket }, scrollback, {
      ended: last.ended,
      signal,
      ...(farEnd ? { onward: () => onward(farEnd) } : {}),
    });
  }
}
