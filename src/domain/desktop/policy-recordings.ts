/**
 * Records what a pool wants recorded, as long as somebody watches and until the desktop ends. Nobody sees it without:
 *
 *   a viewer ──► is it to be recorded? ──no──► sees it
 *     ▲            │ yes                        ▲
 *     │            ▼                            │
 *     │          is it? ──no──► begin ──────────┤
 *     │                           │ cannot      │ ends, and another one cannot begin,
 *     └── comes again ◄── told why ◄────────────┘ or whether it has to cannot be read
 *
 * Pages are told whenever one is recorded, whoever began it.
 */
import { asLodgeError, hasCode, LodgeError } from "#contract/errors";
import { mostBytes, mostSeconds } from "#contract/recording/limits";
import type { EndReason } from "#contract/schema/recording";
import type { Clock } from "#base/clock";
import type { Log } from "#base/log";
import type { Store } from "#durable/store/store";
import type { Displays } from "../console/displays.ts";
import type { Recordings } from "../console/recording/recordings.ts";
import type { Grant } from "../console/tickets.ts";
import type { DesktopLines } from "./lines.ts";
import { policyOf } from "./my-desktops.ts";
import { findDesktop, poolById, type PoolRecord } from "./record.ts";

export interface PolicyRecordingsParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly recordings: Pick<Recordings, "start" | "stop" | "runningOf" | "onTurn">;
  readonly displays: Pick<Displays, "watchers" | "beforeShown">;
  readonly lines: DesktopLines;
}

/** Milliseconds in which one that failed is not begun anew: what comes back would fail as quickly. */
const rest = 5_000;

export class PolicyRecordings {
  readonly #parts: PolicyRecordingsParts;
  /** Desktops that somebody watches, or is about to, by their guests. */
  readonly #watched = new Map<string, string>();
  readonly #starting = new Map<string, Promise<void>>();
  /** When a guest's failed. */
  readonly #failed = new Map<string, number>();

  constructor(parts: PolicyRecordingsParts) {
    this.#parts = parts;
    const { displays, recordings } = parts;
    displays.beforeShown((guest, grant) => this.#admit(guest, grant));
    displays.watchers.onChange((guest) => {
      if (displays.watchers.of(guest).length === 0) this.#watched.delete(guest);
    });
    recordings.onTurn((guest, ended) => this.#turned(guest, ended));
  }

  isOn(guest: string | undefined): boolean {
    return guest !== undefined && this.#parts.recordings.runningOf(guest) !== undefined;
  }

  /** A desktop has ended: what is recorded of it has, too. */
  async end(guest: string): Promise<void> {
    this.#watched.delete(guest);
    this.#failed.delete(guest);
    // One that just begins can be ended once it has.
    await this.#starting.get(guest)?.catch(() => undefined);
    await this.#stop(guest);
  }

  /** Of a desktop that is watched: as its pool's policy is now. Never throws. */
  async keep(guest: string, desktop: string, wanted: boolean): Promise<void> {
    if (wanted) return this.#follow(guest, desktop);
    await this.#stop(guest).catch((error: unknown) =>
      this.#parts.log.warn({ err: error, desktop }, "a desktop is recorded still"),
    );
  }

  async #stop(guest: string): Promise<void> {
    const id = this.#parts.recordings.runningOf(guest);
    if (id === undefined) return;
    await this.#parts.recordings.stop(id).catch((error: unknown) => {
      if (!hasCode(error, "recording.not_running")) throw error;
    });
  }

  /** @throws LodgeError desktop.not_recorded, and why it cannot be read whether it has to be */
  async #admit(guest: string, { desktop }: Grant): Promise<void> {
    if (!desktop) return;
    this.#watched.set(guest, desktop.id);
    await this.#require(guest, desktop.id);
  }

  #turned(guest: string, ended: EndReason | undefined): void {
    const desktop = this.#watched.get(guest);
    if (desktop === undefined) return;
    this.#parts.lines.send(desktop, { type: "recording", on: ended === undefined });
    if (ended === undefined || ended === "guest-removed" || ended === "daemon") return;
    if (ended === "failed") this.#failed.set(guest, this.#parts.clock.monotonic());
    void this.#follow(guest, desktop);
  }

  /** Whoever watches goes where it is not recorded and has to be, or where that cannot be said. */
  async #follow(guest: string, desktop: string): Promise<void> {
    const { log, displays } = this.#parts;
    try {
      await this.#require(guest, desktop);
    } catch (error) {
      if (hasCode(error, "desktop_pool.not_found")) return;
      log.warn({ err: error, desktop }, "a desktop that has to be recorded cannot be");
      const why = hasCode(error, "desktop.not_recorded") ? error : notRecorded(error);
      displays.watchers.end(guest, () => true, why);
    }
  }

  async #require(guest: string, desktop: string): Promise<void> {
    const starting = this.#starting.get(guest);
    if (starting) return starting;
    if (this.isOn(guest)) return;
    const pool = await this.#recordedPool(desktop);
    if (!pool) return;
    await (this.#starting.get(guest) ?? this.#begin(guest, pool));
  }

  #begin(guest: string, pool: PoolRecord): Promise<void> {
    const starting = this.#start(guest, pool).finally(() => this.#starting.delete(guest));
    this.#starting.set(guest, starting);
    return starting;
  }

  async #start(guest: string, { name }: PoolRecord): Promise<void> {
    const { clock, recordings } = this.#parts;
    const failed = this.#failed.get(guest);
    if (failed !== undefined && clock.monotonic() - failed < rest)
      throw new LodgeError("desktop.not_recorded", { reason: "the recording failed" });
    this.#failed.delete(guest);
    const limits = { maxSeconds: mostSeconds, maxBytes: mostBytes };
    try {
      await recordings.start(guest, `the desktop pool ${name}`, limits, { must: true });
    } catch (error) {
      if (!hasCode(error, "recording.running")) throw notRecorded(error);
    }
  }

  /** The pool of a desktop that is to be recorded. */
  async #recordedPool(desktop: string): Promise<PoolRecord | undefined> {
    const { store } = this.#parts;
    const record = await findDesktop(store, desktop);
    const pool = record && !record.ending ? await poolById(store, record.pool) : undefined;
    return pool && policyOf(pool).record ? pool : undefined;
  }
}

const notRecorded = (cause: unknown): LodgeError => {
  const reason = asLodgeError(cause).message.replace(/\.$/, "");
  return new LodgeError("desktop.not_recorded", { reason }, { cause });
};
