/**
 * The guests of this host that have a process. Each has one owner here; whatever changes its state goes
 * through the store's record, one change after another. Those of an earlier daemon: adopt.ts.
 */
import { rm } from "node:fs/promises";
import { LodgeError } from "#contract/errors";
import { update } from "#durable/store/update";
import { clearGroup } from "#hypervisor/cpu/groups";
import { cured, haltingAilments } from "./ailment.ts";
import { watchDisks } from "./disk-fault.ts";
import { goesOn } from "./far-end.ts";
import { watchDrives } from "./drive.ts";
import type { FleetParts, FleetView } from "./fleet-view.ts";
import type { LiveGuest, Ending } from "./live.ts";
import { guestPlace } from "./place.ts";
import { unplugged } from "./plugged.ts";
import { watchMemory } from "./plug-memory.ts";
import { guestKey, type GuestRecord, type GuestState } from "./record.ts";
import { handBack } from "./device/hand-on.ts";
import { keepMounted } from "./share/mount.ts";
import { watchShares } from "./share/watch.ts";
import { watchTpm } from "./tpm-watch.ts";
import { afterEnd, canBecome, hasProcess } from "./state.ts";

export class Fleet implements FleetView {
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

  all(): Iterable<LiveGuest> {
    return this.#live.values();
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
    const { farEnd } = this.parts;
    if (farEnd) live.onward = (signal) => goesOn(this, farEnd, live, "agent", signal);
    watchDrives(this.parts, live);
    watchDisks(this, live);
    watchMemory(this.parts, live);
    watchTpm(this, live).catch((error: unknown) =>
      this.parts.log.warn({ err: error, guest: live.id }, "a guest's TPM is not watched any more"),
    );
    const look = (work: Promise<void>, what: string) =>
      work.catch((error: unknown) => this.parts.log.warn({ err: error, guest: live.id }, what));
    void look(watchShares(this, live), "a guest's shared folders are not watched any more");
    void look(keepMounted(this, live), "a guest's shared folders are not mounted any more");
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

  /**
   * Changes a guest's state, if the record allows it; `patch` goes along. One that was let go on and stands still
   * already, since a disk of it cannot be written, becomes paused.
   */
  async become(
    id: string,
    wanted: GuestState,
    patch: Partial<GuestRecord> = {},
    reasonWanted?: string,
  ): Promise<GuestRecord> {
    const stuck = wanted === "running" || wanted === "paused" ? this.#live.get(id)?.stuck : undefined;
    const state = stuck === undefined ? wanted : "paused";
    const reason = reasonWanted ?? stuck?.why?.message;
    const changed = await update<GuestRecord>(this.parts.store, guestKey(id), (record) => {
      if (!record) throw new LodgeError("guest.not_found", { guest: id });
      if (!canBecome(record.state, state)) {
        throw new LodgeError("guest.wrong_state", {
          guest: record.name,
          state: record.state,
          action: "change",
          wish: "become what was asked for",
          allowed: state,
          remedy: `'lodge show ${record.name}' says how it is now`,
        });
      }
      const { stateReason: _, ...rest } = state === "running" ? cured(record, haltingAilments) : record;
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
      const { process: _, ...rest } = unplugged(cured(now));
      const next = afterEnd(now.state, ending.clean);
      return next === undefined
        ? rest
        : { ...rest, state: next, stateSince: this.now(), stateReason: ending.reason };
    });
    if (!record) return;
    if (!this.#live.has(live.id)) handBack(record);
    await this.parts.networks.detach(record);
    if (!this.#live.has(live.id)) await clearGroup(this.parts.groups, live.id);
    await rm(guestPlace(this.parts.places, live.id).run, { recursive: true, force: true });
    this.parts.cells?.close(live.id);
    if (!this.#live.has(live.id)) await this.parts.safeguards?.holds.release(live.id);
    if (!before || !hasProcess(before.state) || record.state === "suspended") return;
    this.parts.events.append({
      kind: `guest.${record.state}`,
      guest: record,
      message: `${record.name} is ${record.state}: ${ending.reason}`,
    });
    this.parts.onSettled(record, { clean: ending.clean, asked: before.state === "stopping" });
  }

  /** Lets go of every guest; they live on. */
  close(): void {
    this.#closing = true;
    for (const live of this.#live.values()) live.disconnect();
    this.#live.clear();
  }
}
