/**
 * Records what a pool wants recorded: from the first viewer of a desktop on until it ends. Where that cannot be done, nobody sees
 * the desktop. Pages are told whenever one is recorded, whoever began it.
 */
import { asLodgeError, hasCode, LodgeError } from "#contract/errors";
import { mostBytes, mostSeconds } from "#contract/recording/limits";
import type { EndReason } from "#contract/schema/recording";
import type { Log } from "#base/log";
import type { Store } from "#durable/store/store";
import type { Displays } from "../console/displays.ts";
import type { Recordings } from "../console/recording/recordings.ts";
import type { Watching } from "../console/watchers.ts";
import type { DesktopLines } from "./lines.ts";
import { policyOf } from "./my-desktops.ts";
import { findDesktop, poolById, type PoolRecord } from "./record.ts";

export interface PolicyRecordingsParts {
  readonly store: Store;
  readonly log: Log;
  readonly recordings: Pick<Recordings, "start" | "stop" | "runningOf" | "onTurn">;
  readonly watchers: Displays["watchers"];
  readonly lines: DesktopLines;
}

export class PolicyRecordings {
  readonly #parts: PolicyRecordingsParts;
  /** Desktops that somebody watches, by their guests. */
  readonly #watched = new Map<string, string>();

  constructor(parts: PolicyRecordingsParts) {
    this.#parts = parts;
    parts.watchers.onChange((guest, who, came) => void this.#changed(guest, who, came));
    parts.recordings.onTurn((guest, ended) => {
      const desktop = this.#watched.get(guest);
      if (desktop === undefined) return;
      parts.lines.send(desktop, { type: "recording", on: ended === undefined });
      if (ended !== undefined && followed.has(ended)) void this.#require(guest, desktop);
      else if (ended === "failed") void this.#refuse(guest, desktop, "the recording failed");
    });
  }

  isOn(guest: string | undefined): boolean {
    return guest !== undefined && this.#parts.recordings.runningOf(guest) !== undefined;
  }

  /** A desktop has ended: what is recorded of it has, too. */
  async end(guest: string): Promise<void> {
    this.#watched.delete(guest);
    const id = this.#parts.recordings.runningOf(guest);
    if (id !== undefined) await this.#parts.recordings.stop(id);
  }

  async #changed(guest: string, { desktop }: Watching, came: boolean): Promise<void> {
    if (came && desktop !== undefined) {
      this.#watched.set(guest, desktop);
      return this.#require(guest, desktop);
    }
    if (this.#parts.watchers.of(guest).length === 0) this.#watched.delete(guest);
  }

  async #require(guest: string, desktop: string): Promise<void> {
    const { log, recordings } = this.#parts;
    try {
      const pool = await this.#recordedPool(desktop);
      if (!pool || recordings.runningOf(guest) !== undefined) return;
      const limits = { maxSeconds: mostSeconds, maxBytes: mostBytes };
      await recordings.start(guest, `the desktop pool ${pool.name}`, limits);
    } catch (error) {
      if (hasCode(error, "recording.running", "guest.not_found", "desktop_pool.not_found")) return;
      log.warn({ err: error, desktop }, "a desktop that has to be recorded cannot be");
      await this.#refuse(guest, desktop, asLodgeError(error).message);
    }
  }

  async #refuse(guest: string, desktop: string, why: string): Promise<void> {
    const { log, watchers } = this.#parts;
    try {
      if (!(await this.#recordedPool(desktop))) return;
    } catch (error) {
      // Nobody waits for this, who could be told.
      log.warn({ err: error, desktop }, "whether a desktop has to be recorded cannot be read");
      return;
    }
    const reason = why.replace(/\.$/, "");
    watchers.end(guest, () => true, new LodgeError("desktop.not_recorded", { reason }));
  }

  /** The pool of a desktop that is to be recorded. */
  async #recordedPool(desktop: string): Promise<PoolRecord | undefined> {
    const { store } = this.#parts;
    const record = await findDesktop(store, desktop);
    const pool = record && !record.ending ? await poolById(store, record.pool) : undefined;
    return pool && policyOf(pool).record ? pool : undefined;
  }
}

/** Ends after which another recording goes on; what fills the disk is refused when that begins. */
const followed: ReadonlySet<EndReason> = new Set(["duration", "size", "stopped", "disk"]);
