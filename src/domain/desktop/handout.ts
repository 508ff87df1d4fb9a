/**
 * Hands desktops out: whoever asks gets the one that he has, or a standby, or a fork that is made for him.
 *
 *   has he one? ── yes ──► it is brought up: it goes on, wakes, or starts
 *        │ no, or it is lost with its host and nothing is kept there
 *   a standby? ── yes ──► claimed in one transaction, and goes on
 *        │ no
 *   its turn ──► a standby by now? ── no ──► forked: record, claim and guest in one transaction
 *
 * Of one person and pool there is one handing out at a time: who clicks twice waits for the same.
 */
import { LodgeError } from "#contract/errors";
import type { Clock } from "#base/clock";
import { newId } from "#base/ids";
import type { Log } from "#base/log";
import { Semaphore } from "#base/queue";
import type { Operation } from "#contract/operation";
import type { OperationEngine } from "#durable/operation/engine";
import type { ReadStore, Store } from "#durable/store/store";
import type { Fleet } from "../guest/fleet.ts";
import type { Guests } from "../guest/guests.ts";
import type { LiveGuest } from "../guest/live.ts";
import { guestById, guestKey, guestTarget, type GuestRecord } from "../guest/record.ts";
import { claiming, claimStandby, HasOne, newDesktop } from "./claim.ts";
import type { Person } from "./entitled.ts";
import { forget } from "./forget.ts";
import type { LostDesktops } from "./lost.ts";
import type { Maker } from "./maker.ts";
import { desktopOf, type DesktopRecord, type PoolRecord } from "./record.ts";

export interface HandoutParts {
  readonly store: Store;
  readonly whole: ReadStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly engine: Pick<OperationEngine, "wait" | "holderOf">;
  readonly fleet: Pick<Fleet, "get">;
  readonly guests: Pick<Guests, "start" | "resume">;
  readonly maker: Maker;
  readonly lost: Pick<LostDesktops, "replace">;
  /** Standbys of a pool on this host, oldest first. */
  readonly standbys: (pool: PoolRecord) => readonly string[];
  /** Forgets a desktop whose guest is gone, and lets go of what it had. */
  readonly drop: (desktop: DesktopRecord) => Promise<void>;
  /** Told when a standby was taken, or somebody waits for a desktop or does no more. */
  readonly onTaken: () => void;
}

/** Milliseconds. */
const firstMoments = 1_500;
const clockLimit = 30_000;
/** How often a guest is let go on, or started, for whoever asks: one that stops at once again does so for a reason. */
const mostTries = 3;
/** Forks that are made at a time for people who wait: more of them would only be slower together. */
const atOnce = 2;

export class Handout {
  readonly #parts: HandoutParts;
  readonly #giving = new Map<string, Promise<DesktopRecord>>();
  readonly #forks = new Semaphore(atOnce);
  /** Standbys that somebody is just claiming: another does not wait for the same. */
  readonly #wanted = new Set<string>();
  #waiting = 0;

  constructor(parts: HandoutParts) {
    this.#parts = parts;
  }

  /** Does somebody wait for a desktop? */
  get isBusy(): boolean {
    return this.#waiting > 0;
  }

  /**
   * Goes on, whether whoever asked waits for it or not.
   * @throws LodgeError desktop_pool.full, desktop.not_ready, and what making a guest may fail with
   */
  give(pool: PoolRecord, person: Person): Promise<DesktopRecord> {
    const key = `${pool.id} ${person.id}`;
    const known = this.#giving.get(key);
    if (known) return known;
    this.#waiting++;
    const given = this.#give(pool, person).finally(() => {
      this.#waiting--;
      this.#giving.delete(key);
      this.#parts.onTaken();
    });
    given.catch(() => undefined);
    this.#giving.set(key, given);
    return given;
  }

  async #give(pool: PoolRecord, person: Person): Promise<DesktopRecord> {
    for (;;) {
      const own = await desktopOf(this.#parts.store, pool.id, person.id);
      if (own && (await this.#bringUp(own, pool))) return own;
      try {
        return (await this.#standby(pool, person)) ?? (await this.#forks.run(() => this.#fork(pool, person)));
      } catch (error) {
        if (!(error instanceof HasOne)) throw error;
      }
    }
  }

  async #standby(pool: PoolRecord, person: Person): Promise<DesktopRecord | undefined> {
    const { standbys, fleet } = this.#parts;
    for (const guest of standbys(pool)) {
      const live = fleet.get(guest);
      if (!live || this.#wanted.has(guest)) continue;
      this.#wanted.add(guest);
      try {
        const claimed = await claimStandby(this.#parts, guest, pool, person);
        if (!claimed) continue;
        // Its first picture goes before what others do meanwhile.
        live.attend(this.#parts.clock.sleep(firstMoments));
        await live.monitor.execute("cont");
        this.#tellTime(live);
        return claimed;
      } finally {
        this.#wanted.delete(guest);
      }
    }
    return undefined;
  }

  /** It has stood still since it was drawn, and its clock with it. Nobody waits for that. */
  #tellTime({ agent }: LiveGuest): void {
    const { clock, log } = this.#parts;
    const now = BigInt(Math.round(clock.now())) * 1_000_000n;
    agent
      .identity({ clock: now }, { timeout: clockLimit })
      .catch((error: unknown) => log.warn({ err: error }, "a standby's clock is as it was"));
  }

  async #fork(pool: PoolRecord, person: Person): Promise<DesktopRecord> {
    const { store, clock, maker, log } = this.#parts;
    // One may have got ready while this waited for its turn.
    const standby = await this.#standby(pool, person);
    if (standby) return standby;
    const guest = newId("g");
    const desktop = newDesktop(pool, person, guest, new Date(clock.now()).toISOString());
    // Said at once where there is nothing to be had: a conflict would be tried again.
    await claiming(store, pool, desktop);
    const mark = { pool: pool.id, revision: pool.revision, state: "taken", desktop: desktop.id } as const;
    try {
      const operation = await maker.make(pool, guest, mark, () => claiming(store, pool, desktop));
      await this.#done(operation, guest);
    } catch (error) {
      await forget(store, desktop).catch((failure: unknown) =>
        log.warn({ err: failure, desktop: desktop.id }, "a desktop that was not made is still on record"),
      );
      throw error;
    }
    return desktop;
  }

  /** Sees to it that its guest can be watched; false: it has none any more, or is lost. */
  async #bringUp(desktop: DesktopRecord, pool: PoolRecord): Promise<boolean> {
    const { store, guests, fleet, lost } = this.#parts;
    const { guest } = desktop;
    for (let tries = 0; ;) {
      const record =
        guest === undefined
          ? undefined
          : ((await store.get(guestKey(guest)))?.value as GuestRecord | undefined);
      if (!record || guest === undefined) {
        const elsewhere = guest !== undefined && (await this.#parts.whole.get(guestKey(guest)));
        if (elsewhere) await lost.replace(desktop, pool);
        else await this.#parts.drop(desktop);
        return false;
      }
      switch (record.state) {
        case "running": {
          // A daemon that ended between the claim and this left it paused.
          const live = fleet.get(guest);
          if (live && (await live.status()) === "paused" && !live.stuck) await live.monitor.execute("cont");
          return true;
        }
        case "paused":
        case "stopped":
        case "suspended":
        case "crashed":
          if (tries++ === mostTries)
            throw new LodgeError("desktop.not_ready", { reason: `it is ${record.state} each time` });
          // What has just brought it there may be under way to its end.
          await this.#settled(guest, 0);
          await this.#done(await guests[record.state === "paused" ? "resume" : "start"](guest), guest);
          break;
        default:
          await this.#settled(guest);
      }
    }
  }

  /** Resolves when what the guest is busy with has ended. */
  async #settled(guest: string, otherwise = 50): Promise<void> {
    const { engine, clock } = this.#parts;
    const holder = engine.holderOf(guestTarget(guest));
    if (holder === undefined) await clock.sleep(otherwise);
    else await engine.wait(holder, new AbortController().signal);
  }

  async #done({ id }: Pick<Operation, "id">, guest: string): Promise<void> {
    const ended = await this.#parts.engine.wait(id, new AbortController().signal);
    if (ended.error) throw LodgeError.fromProblem(ended.error);
    await guestById(this.#parts.store, guest);
  }
}
