/**
 * Recordings of guests' displays: those that are being made, and those that are kept.
 *
 *   recording ──► ended ──► removed, by somebody or once it is too old
 *       │ the daemon ends
 *       └──► ended, when the next one starts; a further recording goes on from there
 */
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { ServedFile } from "#contract/call";
import { LodgeError } from "#contract/errors";
import { usualBytes, usualSeconds } from "#contract/recording/limits";
import type { EndReason, Recording } from "#contract/schema/recording";
import type { Schemas } from "#contract/schemas";
import type { Clock } from "#base/clock";
import { newId } from "#base/ids";
import type { Log } from "#base/log";
import { create, remove, update } from "#durable/store/update";
import type { Store } from "#durable/store/store";
import { spaceLeft } from "#hypervisor/disk/space";
import { guestById, type GuestRecord } from "../../guest/record.ts";
import type { EventLog } from "../../host/events.ts";
import type { Displays } from "../displays.ts";
import { outlived, usualKeep, type Keep } from "./keep.ts";
import { findRecording, listRecordings, recordingKey } from "./record.ts";
import { Recorder } from "./recorder.ts";
import { createSink, recover, RecordingFile } from "./recording-file.ts";

/** Bytes that stay free on the disk. */
const leastFree = 1024 ** 3;
/** At a time, of those that somebody may begin or not: each has QEMU encode a screen. */
const mostAtOnce = 32;
/** Milliseconds between two looks at how large those are that are being made. */
const tellEvery = 5_000;
/** Milliseconds between two looks for those that are too old. */
const sweepEvery = 3_600_000;

export interface RecordingsParts {
  readonly store: Store;
  readonly displays: Pick<Displays, "requireWatchable" | "nextQemu">;
  readonly events: Pick<EventLog, "append">;
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly keep?: Keep;
  /** Bytes that are free where recordings lie. */
  readonly free?: () => Promise<number>;
}

interface Running {
  readonly recorder: Recorder;
  readonly file: RecordingFile;
  /** Resolves once its record says that it has ended. */
  readonly done: Promise<void>;
}

/** Told when a guest's recording begins (`ended` is undefined), and why it ended. */
export type TurnListener = (guest: string, ended: EndReason | undefined) => void;

export interface StartOptions {
  /** It is not somebody's wish: nobody sees the guest without it, however many are recorded. */
  readonly must?: boolean;
}

type Terms = Required<Schemas["RecordingCreate"]> & { readonly by: string; readonly continues?: string };

export class Recordings {
  readonly #parts: RecordingsParts;
  readonly #running = new Map<string, Running>();
  /** Ids of recordings by their guests', also of those that begin just now. */
  readonly #ofGuest = new Map<string, string>();
  readonly #turns = new Set<TurnListener>();
  readonly #closing = new AbortController();

  constructor(parts: RecordingsParts) {
    this.#parts = parts;
  }

  /** Takes up what a daemon before left, and looks after what there is from now on. */
  async open(): Promise<void> {
    const { store, folder, log } = this.#parts;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const known = await listRecordings(store);
    for (const record of known) {
      if (record.state !== "recording") continue;
      try {
        await this.#takeUp(record);
      } catch (error) {
        log.warn({ err: error, recording: record.id }, "a recording could not be taken up again");
      }
    }
    const named = new Set((await listRecordings(store)).map(({ id }) => fileName(id)));
    for (const name of await readdir(folder)) if (!named.has(name)) await rm(join(folder, name));
    await this.sweep().catch((error: unknown) => log.warn({ err: error }, "old recordings stay for now"));
    this.#again(tellEvery, () => this.#tell());
    this.#again(sweepEvery, () => this.sweep());
  }

  /** Lets go of those that are being made: the next daemon takes them up. */
  async close(): Promise<void> {
    this.#closing.abort();
    const running = [...this.#running.values()];
    for (const { recorder } of running) recorder.stop("daemon");
    await Promise.all(running.map(({ done }) => done));
  }

  /** @throws LodgeError guest.not_found, guest.wrong_state, console.no_display, recording.running, .no_space, .too_many */
  async start(
    ref: string,
    by: string,
    body: Schemas["RecordingCreate"],
    { must = false }: StartOptions = {},
  ): Promise<Recording> {
    const guest = await this.#parts.displays.requireWatchable(ref);
    if (!must && this.#ofGuest.size >= mostAtOnce)
      throw new LodgeError("recording.too_many", { limit: mostAtOnce });
    return this.#begin(guest, { by, maxSeconds: usualSeconds, maxBytes: usualBytes, ...body });
  }

  /** Id of a guest's recording that is being made. */
  runningOf(guest: string): string | undefined {
    return this.#ofGuest.get(guest);
  }

  onTurn(listener: TurnListener): void {
    this.#turns.add(listener);
  }

  /** @throws LodgeError recording.not_found, recording.not_running */
  async stop(id: string): Promise<Recording> {
    const running = this.#running.get((await findRecording(this.#parts.store, id)).id);
    if (!running) throw new LodgeError("recording.not_running", { recording: id });
    running.recorder.stop("stopped");
    await running.done;
    return this.get(id);
  }

  /** @throws LodgeError recording.not_found */
  async get(id: string): Promise<Recording> {
    const record = await findRecording(this.#parts.store, id);
    const running = this.#running.get(id);
    return running ? { ...record, ...extent(running) } : record;
  }

  /** Its file, as far as it is whole. @throws LodgeError recording.not_found */
  async content(id: string): Promise<ServedFile> {
    const { size, guestName, startedAt } = await this.get(id);
    const name = `${guestName}-${startedAt.slice(0, 19).replaceAll(/[:T]/g, "-")}.lodgerec`;
    return { path: this.#path(id), size, name };
  }

  /** @throws LodgeError recording.not_found, recording.not_ended */
  async remove(id: string): Promise<Recording> {
    const { store } = this.#parts;
    const record = await findRecording(store, id);
    if (record.state === "recording") throw new LodgeError("recording.not_ended", { recording: id });
    await remove(store, recordingKey(id));
    await rm(this.#path(id), { force: true });
    return record;
  }

  /** Removes those that are too old or too many. */
  async sweep(): Promise<void> {
    const { store, clock, events, keep = usualKeep } = this.#parts;
    const all = await listRecordings(store);
    for (const id of outlived(all, clock.now(), keep)) {
      const { guestName, project } = await this.remove(id);
      events.append({
        kind: "recording.outlived",
        project,
        message: `recording ${id} of ${guestName} was removed: it is too old, or there are too many`,
      });
    }
  }

  async #begin(guest: GuestRecord, terms: Terms): Promise<Recording> {
    const other = this.#ofGuest.get(guest.id);
    if (other !== undefined)
      throw new LodgeError("recording.running", { guest: guest.name, recording: other });
    const id = newId("r");
    this.#ofGuest.set(guest.id, id);
    try {
      const record = await this.#create(id, guest, terms);
      const { kind, message } = begun(record);
      this.#parts.events.append({ kind, message, guest });
      this.#turned(guest.id, undefined);
      return record;
    } catch (error) {
      this.#ofGuest.delete(guest.id);
      await rm(this.#path(id), { force: true });
      throw error;
    }
  }

  async #create(id: string, guest: GuestRecord, terms: Terms): Promise<Recording> {
    const { store, clock, displays } = this.#parts;
    const { by, maxSeconds, maxBytes, continues } = terms;
    await this.#requireSpace();
    const startedAt = new Date(clock.now()).toISOString();
    const head = { guest: guest.id, guestName: guest.name, startedAt, startedBy: by };
    const limits = { bytes: maxBytes, leastFree, free: () => this.#free() };
    const file = await RecordingFile.begin(await createSink(this.#path(id)), head, limits);
    const record: Recording = {
      id,
      ...head,
      project: guest.project,
      state: "recording",
      size: file.size,
      seconds: 0,
      maxSeconds,
      maxBytes,
      ...(continues === undefined ? {} : { continues }),
    };
    await create(store, recordingKey(id), record).catch(async (error: unknown) => {
      await file.close();
      throw error;
    });
    const recorder = new Recorder({
      file,
      clock,
      longest: maxSeconds * 1000,
      next: (signal) => displays.nextQemu(guest.id, signal),
    });
    this.#running.set(id, { recorder, file, done: this.#record(record, recorder, file) });
    return record;
  }

  async #record(record: Recording, recorder: Recorder, file: RecordingFile): Promise<void> {
    const { log } = this.#parts;
    const { id } = record;
    const reason = await recorder.run().catch((error: unknown) => {
      log.error({ err: error, recording: id }, "a recording failed");
      return "failed" as const;
    });
    try {
      if (reason === "daemon") await file.close();
      else {
        await file.finish(recorder.elapsed, reason);
        await this.#end(record, reason, { size: file.size, seconds: recorder.elapsed / 1000 });
      }
    } catch (error) {
      log.error({ err: error, recording: id }, "a recording could not be ended");
    } finally {
      this.#running.delete(id);
      this.#ofGuest.delete(record.guest);
    }
    this.#turned(record.guest, reason);
    if (reason !== "daemon")
      await this.sweep().catch((error: unknown) => log.warn({ err: error }, "sweeping"));
  }

  async #end({ id, guest, guestName, project }: Recording, reason: EndReason, extent: Extent): Promise<void> {
    const { store, clock, events } = this.#parts;
    const endedAt = new Date(clock.now()).toISOString();
    await update<Recording>(store, recordingKey(id), (now) =>
      now ? { ...now, ...extent, state: "ended", endedAt, reason } : now,
    );
    events.append({
      kind: "recording.ended",
      message: `the display of ${guestName} is not recorded any more (${id}): ${why[reason]}`,
      guest: { id: guest, name: guestName, project },
    });
  }

  /** One that the daemon before was making: it ends there, and another goes on. */
  async #takeUp(record: Recording): Promise<void> {
    const { store, log } = this.#parts;
    const { size, duration } = await recover(this.#path(record.id), "daemon").catch((error: unknown) => {
      log.warn({ err: error, recording: record.id }, "a recording is damaged");
      return { size: record.size, duration: record.seconds * 1000 };
    });
    const seconds = duration / 1000;
    await this.#end(record, "daemon", { size, seconds });
    const guest = await guestById(store, record.guest).catch(() => undefined);
    const left = Math.floor(record.maxSeconds - seconds);
    if (!guest || left < 1) return;
    const { startedBy: by, maxBytes, id: continues } = record;
    await this.#begin(guest, { by, maxBytes, maxSeconds: left, continues });
  }

  /** Lets records say how large those are that are being made. */
  async #tell(): Promise<void> {
    for (const [id, running] of this.#running) {
      await update<Recording>(this.#parts.store, recordingKey(id), (now) =>
        now?.state === "recording" && now.size !== running.file.size ? { ...now, ...extent(running) } : now,
      );
    }
  }

  #turned(guest: string, ended: EndReason | undefined): void {
    for (const tell of this.#turns) tell(guest, ended);
  }

  #again(every: number, work: () => Promise<void>): void {
    const { clock, log } = this.#parts;
    const { signal } = this.#closing;
    void (async () => {
      while (!signal.aborted) {
        await clock.sleep(every, signal).catch(() => undefined);
        if (signal.aborted) return;
        await work().catch((error: unknown) =>
          log.warn({ err: error }, "recordings could not be looked after"),
        );
      }
    })();
  }

  async #requireSpace(): Promise<void> {
    const available = await this.#free();
    if (available >= 2 * leastFree) return;
    const { folder: path } = this.#parts;
    throw new LodgeError("recording.no_space", { path, needed: "2 GiB", available: mebibytes(available) });
  }

  #free(): Promise<number> {
    const { free, folder } = this.#parts;
    return free ? free() : spaceLeft(folder);
  }

  #path(id: string): string {
    return join(this.#parts.folder, fileName(id));
  }
}

type Extent = Pick<Recording, "size" | "seconds">;

const extent = ({ file, recorder }: Running): Extent => ({
  size: file.size,
  seconds: recorder.elapsed / 1000,
});

const fileName = (id: string): string => `${id}.lodgerec`;
const mebibytes = (bytes: number): string => `${Math.floor(bytes / 1024 ** 2)} MiB`;

const begun = ({ id, guestName, startedBy, continues }: Recording) => ({
  kind: "recording.started",
  message:
    continues === undefined
      ? `the display of ${guestName} is being recorded (${id}), as ${startedBy} asked for`
      : `the display of ${guestName} is recorded further (${id}), after ${continues}`,
});

const why: Readonly<Record<EndReason, string>> = {
  stopped: "somebody stopped it",
  "guest-removed": "the guest was removed",
  duration: "it is as long as it may be",
  size: "it is as large as it may be",
  disk: "the disk is nearly full",
  daemon: "the daemon ended",
  failed: "something failed, which the daemon's log has",
};
