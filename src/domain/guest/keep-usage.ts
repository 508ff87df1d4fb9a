/** Keeps what guests and the host take over time, also for the daemon that comes after this one. */
import { readFile, rename, writeFile } from "node:fs/promises";
import type { Log } from "#base/log";
import type { UsageSampler } from "./usage.ts";
import { fineStep, UsageHistory } from "./usage-history.ts";

export interface KeepUsageParts {
  readonly sampler: Pick<UsageSampler, "sample">;
  /** Where it lies while no daemon runs. It may be lost: nothing depends on it. */
  readonly file: string;
  readonly now: () => number;
  readonly log: Log;
}

/** Samples between two writings of the file: ten minutes, which is what a daemon that is killed may lose. */
const writeEvery = 600 / fineStep;

export class UsageKeeper {
  readonly #parts: KeepUsageParts;
  #history = new UsageHistory();
  #timer: NodeJS.Timeout | undefined;
  #sampled = 0;
  #sampling: Promise<void> = Promise.resolve();

  constructor(parts: KeepUsageParts) {
    this.#parts = parts;
  }

  get history(): UsageHistory {
    return this.#history;
  }

  async open(): Promise<void> {
    const { file, now, log } = this.#parts;
    try {
      this.#history = UsageHistory.fromBytes(await readFile(file), now());
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT")
        log.warn({ err: error }, "what guests took before is not known any more");
    }
    const keep = () => (this.#sampling = this.#sample());
    void keep();
    this.#timer = setInterval(() => void keep(), fineStep * 1000).unref();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#sampling;
    if (this.#timer) await this.#write();
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
