/**
 * What was sent to a webhook and what came of it: the last of it, as lines of JSON in a file of its own. Lies outside the
 * store, as the log of events does: a record of the past, not a part of the state.
 */
import { appendFile, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "#base/log";
import { SerialQueue } from "#base/queue";
import type { Schemas } from "#contract/schemas";

export type Delivery = Schemas["Delivery"];

/** Deliveries that are kept; the file is cut back to this when it holds twice as many. */
export const keptDeliveries = 100;

export class Deliveries {
  readonly #file: string;
  readonly #log: Log;
  readonly #queue = new SerialQueue();
  #lines: number | undefined;
  #torn = false;

  constructor(folder: string, webhook: string, log: Log) {
    this.#file = join(folder, `${webhook}.jsonl`);
    this.#log = log;
  }

  /** Resolves once it is written. A full disk fails nobody: it is then not noted. */
  append(delivery: Delivery): Promise<void> {
    return this.#queue.run(async () => {
      try {
        this.#lines ??= (await this.#read()).length;
        await appendFile(this.#file, `${this.#torn ? "\n" : ""}${JSON.stringify(delivery)}\n`, {
          mode: 0o600,
        });
        this.#torn = false;
        if (++this.#lines > 2 * keptDeliveries) await this.#cut();
      } catch (error) {
        // Half a line may have been written: what comes next begins another.
        this.#torn = true;
        this.#log.warn({ err: error }, "a delivery was not noted");
      }
    });
  }

  async #cut(): Promise<void> {
    const kept = (await this.#read()).slice(-keptDeliveries);
    const partial = `${this.#file}.new`;
    await writeFile(partial, kept.map((one) => `${JSON.stringify(one)}\n`).join(""), { mode: 0o600 });
    await rename(partial, this.#file);
    this.#lines = kept.length;
  }

  async #read(): Promise<Delivery[]> {
    const text = await readFile(this.#file, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return "";
      throw error;
    });
    return text.split("\n").flatMap(parse);
  }

  /** Newest first. */
  async list(): Promise<Delivery[]> {
    return (await this.#queue.run(() => this.#read())).slice(-keptDeliveries).toReversed();
  }

  async remove(): Promise<void> {
    await this.#queue.run(() => rm(this.#file, { force: true }));
  }
}

/** A line that was cut short by a crash is passed over. */
function parse(line: string): Delivery[] {
  if (line === "") return [];
  try {
    return [JSON.parse(line) as Delivery];
  } catch {
    return [];
  }
}
