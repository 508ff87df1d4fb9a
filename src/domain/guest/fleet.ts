/**
 * The guests of this host that have a process. Each has one owner here; whatever changes its state goes
 * through the store's record, one change after another.
 */
import { rm } from "node:fs/promises";
import { LodgeError } from "#contract/errors";
import type { Clock } from "#base/clock";
import { findProcesses } from "#base/find-process";
import { endProcess, processRef, type ProcessRef } from "#base/process";
import { update } from "#durable/store/update";
import { tpmsOf } from "#hypervisor/tpm/swtpm";
import type { EventLog } from "../host/events.ts";
import type { LaunchParts } from "./launch.ts";
import { LiveGuest, type Ending } from "./live.ts";
import { guestPlace } from "./place.ts";
import { guestKey, listGuests, type GuestRecord, type GuestState } from "./record.ts";
import { afterEnd, canBecome, hasProcess } from "./state.ts";

export interface FleetParts extends LaunchParts {
  readonly clock: Clock;
  readonly events: EventLog;
  /** Called after a guest's end was written down: removes or restarts it, as its record asks. */
  readonly onSettled: (record: GuestRecord, ending: Ending) => void;
}

export class Fleet {
  readonly parts: FleetParts;
  readonly #live = new Map<string, LiveGuest>();
  readonly #settled = new Map<string, Promise<void>>();
  #closing = false;

  constructor(parts: FleetParts) {
    this.parts = parts;
  }

  get(id: string): LiveGuest | undefined {
    return this.#live.get(id);
  }

  get size(): number {
    return this.#live.size;
  }

  /** @throws LodgeError host.qemu_gone */
  require(id: string): LiveGuest {
    const live = this.#live.get(id);
    if (!live) throw new LodgeError("host.qemu_gone");
    return live;
  }

  /** Takes a process under watch: its end is written down whenever it comes. */
  track(live: LiveGuest): void {
    this.#live.set(live.id, live);
    const settled = live.ended
      .then((ending) => this.#settle(live, ending))
      .catch((error: unknown) => {
        this.parts.log.error({ err: error, guest: live.id }, "a guest's end could not be written down");
      });
    this.#settled.set(live.id, settled);
  }

  /** Resolves once the guest's process is gone and that is written down. */
  async settled(id: string): Promise<void> {
    await this.#settled.get(id);
  }

  /** Changes a guest's state, if the record allows it; `patch` goes along. */
  async become(
    id: string,
    state: GuestState,
    patch: Partial<GuestRecord> = {},
    reason?: string,
  ): Promise<GuestRecord> {
    const changed = await update<GuestRecord>(this.parts.store, guestKey(id), (record) => {
      if (!record) throw new LodgeError("guest.not_found", { guest: id });
      if (!canBecome(record.state, state)) {
        throw new LodgeError("guest.wrong_state", {
          guest: record.name,
          state: record.state,
          action: "change",
          allowed: state,
        });
      }
      const { stateReason: _, ...rest } = record;
      const since = record.state === state ? record.stateSince : this.now();
      return {
        ...rest,
        ...patch,
        state,
        stateSince: since,
        ...(reason === undefined ? {} : { stateReason: reason }),
      };
    });
    return changed!;
  }

  /** RFC 3339, UTC. */
  now(): string {
    return new Date(this.parts.clock.now()).toISOString();
  }

  async #settle(live: LiveGuest, ending: Ending): Promise<void> {
    if (this.#closing) return;
    if (this.#live.get(live.id) === live) this.#live.delete(live.id);
    const before = (await this.parts.store.get(guestKey(live.id)))?.value as GuestRecord | undefined;
    const record = await update<GuestRecord>(this.parts.store, guestKey(live.id), (now) => {
      if (now?.process?.pid !== live.process.pid) return now;
      const { process: _, ...rest } = now;
      const next = afterEnd(now.state, ending.clean);
      return next === undefined
        ? rest
        : { ...rest, state: next, stateSince: this.now(), stateReason: ending.reason };
    });
    if (!record) return;
    await this.parts.networks.detach(record);
    await rm(guestPlace(this.parts.places, live.id).run, { recursive: true, force: true });
    if (!before || !hasProcess(before.state) || record.state === "suspended") return;
    this.parts.events.append({
      kind: `guest.${record.state}`,
      guest: record,
      message: `${record.name} is ${record.state}: ${ending.reason}`,
    });
    this.parts.onSettled(record, ending);
  }

  /**
   * Finds the processes again that an earlier daemon left, and believes what it finds: a guest whose
   * process is gone has ended; a process that no record knows is ended.
   *
   * @returns what `onSettled` is to be told of once operations can be started.
   */
  async adopt(): Promise<{ record: GuestRecord; ending: Ending }[]> {
    const ended: { record: GuestRecord; ending: Ending }[] = [];
    const records = await listGuests(this.parts.store);
    const known = new Set<number>();
    for (const record of records) {
      if (record.process) known.add(record.process.pid);
      if (!record.process && !hasProcess(record.state)) continue;
      const gone = await this.#adoptOne(record);
      if (gone) ended.push({ record: gone, ending: { clean: true, reason: gone.stateReason ?? "" } });
    }
    for (const orphan of await this.#strangers(known)) {
      this.parts.log.warn({ pid: orphan.pid }, "ending a QEMU of this home that no guest's record knows");
      await endProcess(orphan);
    }
    await this.#endOtherTpms();
    await this.#sweep(records);
    return ended;
  }

  /** The folders of sockets of guests that have no process any more. */
  async #sweep(records: readonly GuestRecord[]): Promise<void> {
    const resting = records.filter(({ id }) => !this.#live.has(id));
    for (const { id } of resting) {
      await rm(guestPlace(this.parts.places, id).run, { recursive: true, force: true });
    }
  }

  /** Resolves to the guest as it is now where it has ended. */
  async #adoptOne(record: GuestRecord): Promise<GuestRecord | undefined> {
    const { process } = record;
    const alive = process && processRef(process.pid)?.startTime === process.startTime;
    if (alive) {
      try {
        const place = guestPlace(this.parts.places, record.id);
        const live = await LiveGuest.connect(record, process, place, { timeout: 5000 });
        const status = await live.status();
        this.track(live);
        live.settle();
        if (record.state === "creating" || record.state === "deleting") return;
        await this.become(record.id, status === "running" ? "running" : "paused").catch(() => undefined);
        return;
      } catch (error) {
        this.parts.log.warn({ err: error, guest: record.id }, "a guest's process does not answer: ending it");
        await endProcess(process);
      }
    }
    if (process?.tpm) await endProcess(process.tpm);
    const { process: _, ...rest } = record;
    const next = afterEnd(record.state, true);
    const reason = "it ended while the daemon was down";
    const value =
      next === undefined ? rest : { ...rest, state: next, stateSince: this.now(), stateReason: reason };
    await this.parts.store.transact({ put: [{ key: guestKey(record.id), value }] });
    await this.parts.networks.detach(record);
    return next && { ...rest, state: next, stateReason: reason };
  }

  /** QEMU processes whose monitor lies in this home's run folder, other than the known ones. */
  async #strangers(known: ReadonlySet<number>): Promise<ProcessRef[]> {
    const mark = `path=${this.parts.places.run}/`;
    const found = await findProcesses(
      ([program, ...words]) =>
        !!program?.includes("qemu-system") && words.some((word) => word.includes(mark)),
    );
    return found.filter(({ pid }) => !known.has(pid));
  }

  /** TPMs of this home that no guest uses: of a QEMU that never came, or is just gone. */
  async #endOtherTpms(): Promise<void> {
    const used = new Set([...this.#live.values()].map(({ process }) => process.tpm?.pid));
    const found = await tpmsOf(this.parts.places.guests);
    await Promise.all(found.filter(({ pid }) => !used.has(pid)).map((tpm) => endProcess(tpm)));
  }

  /** Lets go of every guest; they live on. */
  close(): void {
    this.#closing = true;
    for (const live of this.#live.values()) live.disconnect();
    this.#live.clear();
  }
}
