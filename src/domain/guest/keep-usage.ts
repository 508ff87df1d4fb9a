/** Keeps what guests and the host take over time, also for the daemon that comes after this one. */
import { readFile, rename, writeFile } from "node:fs/promises";
import type { Clock } from "#base/clock";
import type { Log } from "#base/log";
import type { UsageSampler } from "./usage.ts";
import { fineStep, UsageHistory } from "./usage-history.ts";

export interface KeepUsageParts {
  readonly sampler: Pick<UsageSampler, "sample">;
  /** Where it lies while no daemon runs. It may be lost: nothing depends on it. */
  readonly file: string;
  readonly clock: Pick<Clock, "now" | "sleep">;
  readonly log: Log;
}

/** Samples between two writings of the file: ten minutes, which is what a daemon that is killed may lose. */
const writeEvery = 600 / fineStep;
/** Milliseconds between the two samples that a first point is made of. */
const firstAfter = 3_000;

export class UsageKeeper {
  readonly #parts: KeepUsageParts;
  #history = new UsageHistory();
  #timer: NodeJS.Timeout | undefined;
  #sampled = 0;
  #sampling: Promise<void> = Promise.resolve();
  readonly #closed = new AbortController();
  #early: Promise<void> | undefined;
  #again = false;

  constructor(parts: KeepUsageParts) {
    this.#parts = parts;
  }

  get history(): UsageHistory {
    return this.#history;
  }

  async open(): Promise<void> {
    const { file, clock, log } = this.#parts;
    try {
      this.#history = UsageHistory.fromBytes(await readFile(file), clock.now());
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT")
        log.warn({ err: error }, "what guests took before is not known any more");
    }
    const keep = () => (this.#sampling = this.#sample());
    void keep();
    this.#soon();
    this.#timer = setInterval(() => void keep(), fineStep * 1000).unref();
  }

  /** A guest runs: the first that is known of it comes in a few seconds, not with the second sample of all. */
  runs(guest: string): void {
    if (this.#timer && !this.#history.knows(guest)) this.#soon();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#closed.abort();
    await Promise.all([this.#sampling, this.#early]);
    if (this.#timer) await this.#write();
  }

  #soon(): void {
    this.#again = true;
    this.#early ??= this.#sampleEarly()
      .catch((error: unknown) => this.#parts.log.debug({ err: error }, "a first sample of use is missing"))
      .finally(() => (this.#early = undefined));
  }

  async #sampleEarly(): Promise<void> {
    const { sampler, clock } = this.#parts;
    const { signal } = this.#closed;
    while (this.#again && !signal.aborted) {
      this.#again = false;
      this.#history.addFirst(await sampler.sample());
      await clock.sleep(firstAfter, signal).catch(() => undefined);
      if (!signal.aborted) this.#history.addFirst(await sampler.sample());
    }
  }

  async #sample(): Promise<void> {
    try {
      this.#history.add(await this.#parts.sampler.sample());
    } catch (error) {
      this.#parts.log.debug({ err: error }, "one sample of use is missing");
    }
    if (++this.#sampled % writeEvery === 0) await this.#write();
  }

  async #write(): Promise<void> {
    const { file, log } = this.#parts;
    const partial = `${file}.new`;
    try {
      await writeFile(partial, this.#history.toBytes(), { mode: 0o600 });
      await rename(partial, file);
    } catch (error) {
      log.warn({ err: error }, "what guests take was not written");
    }
  }
}
