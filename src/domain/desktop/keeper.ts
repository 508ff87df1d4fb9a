/**
 * Keeps this host's guests of desktop pools as plan.ts says: standbys are made one after another, those that nobody is to have
 * are removed, and desktops that their users left are ended.
 *
 *   a record changes ┐
 *   time passes      ├──► plan ──► remove, end, finish: at once      make: one at a time, where there is room (room.ts)
 *   a desktop is had ┘                                                     failed: the pool ails, and another host makes it, or this one later
 *
 * Of a cluster's hosts each sees what is missing and works out what of it is its own to make; where two see it differently for a moment there is
 * one too many, and the oldest goes.
 */
import { asLodgeError, hasCode, LodgeError } from "#contract/errors";
import type { Clock } from "#base/clock";
import { newId } from "#base/ids";
import type { Log } from "#base/log";
import { retry } from "#base/retry";
import { SerialQueue } from "#base/queue";
import type { OperationEngine } from "#durable/operation/engine";
import { resultOf } from "#durable/operation/record";
import type { ReadStore, Store } from "#durable/store/store";
import { update } from "#durable/store/update";
import type { Fleet } from "../guest/fleet.ts";
import type { definePause } from "../guest/pause.ts";
import { guestKey, guestTarget, type GuestRecord } from "../guest/record.ts";
import { imageNamed } from "../image/record.ts";
import type { defineRemove } from "../guest/remove.ts";
import { atRest } from "./at-rest.ts";
import type { Known } from "./known.ts";
import type { Maker } from "./maker.ts";
import { hasLeft, makersOf, plan, type Action, type Placed } from "./plan.ts";
import { withImage } from "./pools.ts";
import { ailingHosts, poolAils, poolRecovers } from "./pool-ail.ts";
import { desktopKey, desktopPoolKey, desktopTarget, type DesktopRecord, type PoolRecord } from "./record.ts";
import type { Room } from "./room.ts";

/** The hosts that standbys are spread over: one alone, or those of a cluster. */
export interface StandbyHosts {
  /** This one's id. */
  readonly self: string;
  /** Guests of pools on other hosts that answer and take guests. */
  elsewhere(): readonly Placed[];
  /** Where a guest is that this host has not, as far as is known: with one that answers, or that does not. */
  where(guest: string): "elsewhere" | "lost" | undefined;
  /** Takes this host no guests? */
  isClosed(): boolean;
  /** Ids of those that can make another guest of a pool, the best first. @throws LodgeError why there is none */
  able(pool: PoolRecord, refused: ReadonlyMap<string, string>): Promise<readonly string[]>;
  /** Is it this one that says so where there is none? */
  isSpeaker(): boolean;
}

export interface KeeperParts {
  readonly store: Store;
  readonly whole: ReadStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly engine: Pick<OperationEngine, "start" | "wait" | "holderOf">;
  readonly fleet: Fleet;
  readonly known: Known;
  readonly maker: Maker;
  readonly pause: ReturnType<typeof definePause>;
  readonly remove: ReturnType<typeof defineRemove>;
  /** Ends a desktop that its user left. */
  readonly end: (desktop: string) => Promise<unknown>;
  /** Forgets a desktop whose guest is gone, and lets go of what it had. */
  readonly drop: (desktop: DesktopRecord) => Promise<void>;
  /** Does somebody wait for a desktop? */
  readonly isBusy: () => boolean;
  readonly room: Pick<Room, "awaited">;
  /** Processor seconds that a process has taken; undefined: it has ended. */
  readonly cpuSeconds: (pid: number) => Promise<number | undefined>;
  readonly hosts: StandbyHosts;
  /** Does the host shut down, so that nothing is to be made or removed? */
  readonly isShut: () => boolean;
}

/** What says in a guest that its desktop is drawn. */
export const readyMark = "/run/lodge/desktop-ready";
/** Milliseconds that a desktop may take to be drawn, of a guest that booted. */
const drawLimit = 600_000;
const agentLimit = 20_000;
/** Milliseconds between looks, where nothing changes: standbys grow old. */
const lookEvery = 5_000;

export class Keeper {
  readonly #parts: KeeperParts;
  readonly #stop = new AbortController();
  readonly #passes = new SerialQueue();
  /** What is under way, by the guest or desktop that it is about. */
  readonly #busy = new Map<string, Promise<void>>();
  #opened = false;
  #making: Promise<void> | undefined;

  constructor(parts: KeeperParts) {
    this.#parts = parts;
  }

  async open(): Promise<void> {
    await this.#parts.known.open(() => this.soon(), this.#stop.signal);
    this.#opened = true;
    void this.#lookOften();
    this.soon();
  }

  /** Begins nothing more; what is under way is the engine's. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#passes.run(async () => undefined);
  }

  soon(): void {
    if (this.#opened && this.#passes.length < 2) void this.#passes.run(() => this.#pass()).catch(this.#warn);
  }

  readonly #warn = (error: unknown): void =>
    this.#parts.log.warn({ err: error }, "desktop pools could not be looked after");

  /** A pool was changed, and may do better now. */
  forgive(pool: string): void {
    poolRecovers(this.#parts.store, pool)
      .then(() => this.soon())
      .catch(this.#warn);
  }

  /** Resolves when nothing of a pool that is gone is left on this host, and no desktop on any that answers: others see that it is gone when they are back. */
  async cleared(pool: string, signal: AbortSignal): Promise<void> {
    const { known, clock, hosts } = this.#parts;
    const isLeft = () =>
      [...known.guests.values()].some(({ desktop }) => desktop.pool === pool) ||
      [...known.desktops.values()].some(
        (one) => one.pool === pool && hosts.where(one.guest ?? "") !== "lost",
      );
    while (isLeft()) {
      this.soon();
      await clock.sleep(100, signal);
    }
  }

  async #lookOften(): Promise<void> {
    const { clock } = this.#parts;
    while (!this.#stop.signal.aborted) {
      await clock.sleep(lookEvery, this.#stop.signal).catch(() => undefined);
      await this.#lookAtImages().catch(() => undefined);
      this.soon();
    }
  }

  /** An image that was built anew comes to a pool as any other change of it does. */
  async #lookAtImages(): Promise<void> {
    const { whole, known, clock, hosts } = this.#parts;
    for (const pool of [...known.pools.values()]) {
      const { id, image, imageId, project } = pool;
      const found = image === undefined ? undefined : await imageNamed(whole, project, image);
      if (!found || found.image.id === imageId) continue;
      if (ailingHosts(known.ails, id, clock.now()).has(hosts.self)) continue;
      this.#once(`the image of ${id}`, () => this.#takeImage(pool, found.image.id));
    }
  }

  /** Standbys of the one before are of use until others can be forked, which a boot has to come before. */
  async #takeImage(pool: PoolRecord, imageId: string): Promise<void> {
    const { store, maker } = this.#parts;
    if (pool.imageId !== undefined && pool.standby.count > 0) {
      // Whoever makes the next standbys does it.
      if (!(await this.#isOurs(pool, pool.standby.count))) return;
      try {
        await maker.prepare(pool);
      } catch (error) {
        if (!hasCode(error, "api.stopping")) await this.#fail(pool.id, error);
        throw error;
      }
    }
    await update<PoolRecord>(store, desktopPoolKey(pool.id), (record) =>
      record && record.image === pool.image ? withImage(record, imageId) : record,
    );
  }

  async #pass(): Promise<void> {
    if (this.#stop.signal.aborted || this.#parts.isShut()) return;
    for (const action of this.#planned()) this.#act(action);
    await this.#forgetGone();
  }

  #planned(): Action[] {
    const { known, clock, hosts } = this.#parts;
    const { pools, desktops } = known;
    const around = { elsewhere: hosts.elsewhere(), isClosed: hosts.isClosed(), now: clock.now() };
    return plan({ pools, desktops, guests: [...known.guests.values()], ...around });
  }

  #act(action: Action): void {
    switch (action.kind) {
      case "make":
        return this.#makeOne();
      case "finish":
        return this.#once(action.guest, () => this.#finish(action.guest));
      case "remove":
        return this.#once(action.guest, () => this.#remove(action.guest));
      case "end":
        return this.#once(action.desktop, () => this.#end(action.desktop));
    }
  }

  #once(about: string, work: () => Promise<void>): void {
    if (this.#busy.has(about)) return;
    const { log } = this.#parts;
    const done = work()
      .catch((error: unknown) => {
        if (!hasCode(error, "api.stopping", "desktop.not_found", "guest.not_found"))
          log.warn({ err: error, about }, "a guest of a desktop pool is not as it should be yet");
      })
      .finally(() => this.#busy.delete(about));
    this.#busy.set(about, done);
  }

  /** Refilling goes last: one at a time, and not while somebody waits. */
  #makeOne(): void {
    if (this.#making || this.#parts.isBusy() || this.#stop.signal.aborted) return;
    this.#making = this.#makeNext()
      .catch((error: unknown) => {
        if (!this.#stop.signal.aborted) this.#warn(error);
        return false;
      })
      .then((tried) => {
        this.#making = undefined;
        if (tried) this.soon();
      });
  }

  /** False: none is this host's to make now. */
  async #makeNext(): Promise<boolean> {
    const { known, isBusy, room } = this.#parts;
    const { signal } = this.#stop;
    await room.awaited(signal);
    const missing = this.#planned().flatMap((action) => (action.kind === "make" ? action.pool : []));
    for (const [id, { length }] of Map.groupBy(missing, (pool) => pool)) {
      const pool = known.pools.get(id);
      if (!pool || !(await this.#isOurs(pool, length))) continue;
      if (isBusy() || signal.aborted) return false;
      await this.#make(pool);
      return true;
    }
    return false;
  }

  /** Is one of those that are missing this host's to make? */
  async #isOurs(pool: PoolRecord, missing: number): Promise<boolean> {
    const { known, hosts, clock } = this.#parts;
    const { self } = hosts;
    const refused = ailingHosts(known.ails, pool.id, clock.now());
    if (refused.has(self)) return false;
    try {
      const can = await hosts.able(pool, refused);
      const own = [...known.guests.values()].map((guest) => ({ ...guest, host: self }));
      return makersOf(pool, missing, [...own, ...hosts.elsewhere()], can).has(self);
    } catch (error) {
      if (hasCode(error, "store.unavailable", "store.unsettled")) return false;
      // What those failed with that tried says more.
      if (refused.size === 0 && hosts.isSpeaker()) await this.#fail(pool.id, error);
      return false;
    }
  }

  async #make(pool: PoolRecord): Promise<void> {
    const { store, maker, engine, log, clock } = this.#parts;
    const guest = newId("g");
    try {
      const mark = { pool: pool.id, revision: pool.revision, state: "making" } as const;
      // A boot takes a minute and more, a fork a moment.
      await maker.prepare(pool);
      const { id } = await maker.make(pool, guest, mark);
      const { error } = await engine.wait(id, this.#stop.signal);
      if (error) throw LodgeError.fromProblem(error);
      this.#once(guest, () => this.#finish(guest));
      await this.#busy.get(guest);
      // What is known of it comes by the store: the next is not made before that.
      for (let i = 0; i < 100 && !this.#parts.known.guests.has(guest); i++) await clock.sleep(10);
      const made = (await store.get(guestKey(guest)))?.value as GuestRecord | undefined;
      // Somebody may have taken it already.
      if (made?.desktop?.state !== "standby" && made?.desktop?.state !== "taken") return;
      await poolRecovers(store, pool.id, this.#parts.hosts.self);
    } catch (error) {
      if (this.#stop.signal.aborted || hasCode(error, "api.stopping")) return;
      await this.#fail(pool.id, error);
      log.warn({ err: asLodgeError(error), pool: pool.name }, "a standby was not made");
    }
  }

  async #fail(pool: string, error: unknown): Promise<void> {
    const { store, clock, known, hosts } = this.#parts;
    const { self: host } = hosts;
    const now = clock.now();
    await poolAils(store, { pool, host }, error, now).catch(() => undefined);
    // It is known of by the store, and not tried again before that.
    for (let i = 0; i < 100 && !ailingHosts(known.ails, pool, now).has(host); i++) await clock.sleep(10);
  }

  /** Waits until its desktop is drawn and nothing is to be done in it, and has it stand still until somebody comes. */
  async #finish(guest: string): Promise<void> {
    const { store, fleet, engine, pause, clock, cpuSeconds } = this.#parts;
    const record = (await store.get(guestKey(guest)))?.value as GuestRecord | undefined;
    if (record?.desktop?.state !== "making") return;
    try {
      if (record.state === "running") {
        await drawn(fleet, guest, clock, this.#stop.signal);
        const { pid } = fleet.require(guest).process;
        await atRest(() => cpuSeconds(pid), clock, this.#stop.signal);
        const options = { targets: [guestTarget(guest)], project: record.project };
        const { completion } = await engine.start(pause, { guest }, options);
        resultOf(pause, await completion);
      }
      await update<GuestRecord>(store, guestKey(guest), (now) =>
        now?.desktop?.state === "making" && now.state === "paused"
          ? { ...now, desktop: { ...now.desktop, state: "standby" } }
          : now,
      );
    } catch (error) {
      if (this.#stop.signal.aborted || hasCode(error, "api.stopping")) throw error;
      await this.#fail(record.desktop.pool, error);
      await this.#remove(guest);
      throw error;
    }
  }

  /** Nobody claims it any more from when it leaves. */
  async #remove(guest: string): Promise<void> {
    const { store, engine, remove } = this.#parts;
    const before = (await store.get(guestKey(guest)))?.value as GuestRecord | undefined;
    // Both are written at one moment, and may become known one after the other.
    const { desktop } = before?.desktop ?? {};
    if (desktop !== undefined && (await store.get(desktopKey(desktop)))) return;
    const left = await update<GuestRecord>(store, guestKey(guest), (record) => {
      if (!record?.desktop || record.desktop.state === "leaving") return record;
      // Claimed at this very moment.
      if (record.desktop.desktop !== desktop) return record;
      return { ...record, desktop: { ...record.desktop, state: "leaving" } };
    });
    if (left?.desktop?.state !== "leaving") return;
    const options = { targets: [guestTarget(guest)], project: left.project };
    const { completion } = await engine.start(remove, { guest, force: true, snapshots: true }, options);
    resultOf(remove, await completion);
  }

  async #end(desktop: string): Promise<void> {
    const { known, store, engine, end } = this.#parts;
    const { guest = "", pool = "", ending } = known.desktops.get(desktop) ?? {};
    if (engine.holderOf(desktopTarget(desktop)) !== undefined) return;
    // One that is being restarted stands still for a moment.
    if (engine.holderOf(guestTarget(guest)) !== undefined) return;
    const [item, stays] = await Promise.all([store.get(guestKey(guest)), store.get(desktopPoolKey(pool))]);
    const record = item?.value as GuestRecord | undefined;
    // One whose end was called off before it began is ended once more.
    if (ending || !stays || (record && hasLeft(record))) await end(desktop);
  }

  /** Desktops whose guest is nowhere any more. */
  async #forgetGone(): Promise<void> {
    const { whole, known, hosts } = this.#parts;
    for (const desktop of [...known.desktops.values()]) {
      if (desktop.guest === undefined || known.guests.has(desktop.guest)) continue;
      if (hosts.where(desktop.guest) !== undefined) continue;
      // What is known may be older than the guest: the store has both since the same moment.
      if (desktop.ending || (await whole.get(guestKey(desktop.guest)))) continue;
      await this.#parts.drop(desktop);
    }
  }
}

/** Resolves once a guest's desktop is drawn. @throws LodgeError desktop.not_ready, agent.absent, … */
async function drawn(fleet: Fleet, guest: string, clock: Clock, signal: AbortSignal): Promise<void> {
  const live = fleet.require(guest);
  const look = async () => {
    const code = await live.inside.run(["test", "-e", readyMark], { signal, timeout: agentLimit });
    if (code !== 0) throw new LodgeError("desktop.not_ready", { reason: `there is no ${readyMark} in it` });
  };
  const again = (error: unknown) => hasCode(error, "desktop.not_ready");
  await retry(look, { clock, first: 100, longest: 1_000, timeout: drawLimit, signal, again });
}
