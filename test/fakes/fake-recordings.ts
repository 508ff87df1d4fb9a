/** Recordings that are begun and ended by asking, each with the same content. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LodgeError } from "#contract/errors";
import { usualBytes, usualSeconds } from "#contract/recording/limits";
import type { Recording } from "#contract/schema/recording";
import type { RecordingService } from "#server/services";
import { writeSample } from "./sample-recording.ts";

type Guest = { readonly id: string; readonly name: string };

export class FakeRecordings implements RecordingService {
  readonly known = new Map<string, Recording>();
  readonly #guest: (ref: string) => Guest;
  #sample: Promise<{ path: string; size: number }> | undefined;

  constructor(guest: (ref: string) => Guest) {
    this.#guest = guest;
  }

  #find(id: string): Recording {
    const found = this.known.get(id);
    if (!found) throw new LodgeError("recording.not_found", { recording: id });
    return found;
  }

  start: RecordingService["start"] = async (ref, startedBy, body) => {
    const { id: guest, name: guestName } = this.#guest(ref);
    const other = [...this.known.values()].find((one) => one.guest === guest && one.state === "recording");
    if (other) throw new LodgeError("recording.running", { guest: guestName, recording: other.id });
    const recording: Recording = {
      id: `r${String(this.known.size).padStart(10, "0")}`,
      guest,
      guestName,
      project: "default",
      state: "recording",
      startedAt: new Date().toISOString(),
      startedBy,
      size: 100,
      seconds: 0,
      maxSeconds: usualSeconds,
      maxBytes: usualBytes,
      ...body,
    };
    this.known.set(recording.id, recording);
    return recording;
  };

  list: RecordingService["list"] = async ({ guest }) => ({
    items: [...this.known.values()]
      .filter((one) => guest === undefined || one.guest === guest || one.guestName === guest)
      .toReversed(),
    at: "e0123456789.1.",
  });

  get: RecordingService["get"] = async (id) => this.#find(id);

  stop: RecordingService["stop"] = async (id) => {
    const recording = this.#find(id);
    if (recording.state === "ended") throw new LodgeError("recording.not_running", { recording: id });
    const { size } = await this.sample();
    const endedAt = new Date().toISOString();
    const ended: Recording = { ...recording, state: "ended", reason: "stopped", endedAt, size, seconds: 10 };
    this.known.set(id, ended);
    return ended;
  };

  remove: RecordingService["remove"] = async (id) => {
    const recording = this.#find(id);
    if (recording.state === "recording") throw new LodgeError("recording.not_ended", { recording: id });
    this.known.delete(id);
    return recording;
  };

  content: RecordingService["content"] = async (id) => {
    const { guestName } = this.#find(id);
    return { ...(await this.sample()), name: `${guestName}.lodgerec` };
  };

  /** The content of all of them: a hundred frames. */
  sample(): Promise<{ path: string; size: number }> {
    return (this.#sample ??= (async () => {
      const folder = mkdtempSync(join(tmpdir(), "lodge-sample-"));
      process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
      const path = join(folder, "sample.lodgerec");
      return { path, size: await writeSample(path, 100) };
    })());
  }
}
