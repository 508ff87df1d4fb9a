/**
 * The audit log: who did what, from where, and with what result. It lies outside the store, so that neither a
 * restored backup nor a broken store takes anything from it, and is only ever appended to:
 *
 *   audit.jsonl        the latest entries, one JSON object a line
 *   audit.1.jsonl …    earlier ones, moved on when the latest has its full size; the last of them goes
 *
 * An entry is in the file when the answer leaves: a killed daemon loses none. A host that loses power may
 * lose the last seconds.
 */
import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Schemas } from "#contract/schemas";
import type { Clock } from "#base/clock";

export type AuditEntry = Schemas["AuditEntry"];

export interface AuditPage {
  readonly items: readonly AuditEntry[];
  readonly next?: string;
}

export interface AuditOptions {
  readonly folder: string;
  readonly clock: Clock;
  /** Bytes of a file before the next is begun. */
  readonly fileSize?: number;
  /** Earlier files that are kept. */
  readonly kept?: number;
}

/** Entries are some 300 bytes: all files together hold about half a million. */
const usualFileSize = 16 * 1024 * 1024;
const usualKept = 9;

/** Not the number of any file. */
const closed = -1;

/** Entries that a search looks at before it lets others have the thread. */
const stride = 2000;

export class AuditLog {
  readonly #options: Required<AuditOptions>;
  #file: number;
  #size: number;
  #last: number;

  constructor(options: AuditOptions) {
    this.#options = { fileSize: usualFileSize, kept: usualKept, ...options };
    mkdirSync(options.folder, { recursive: true, mode: 0o700 });
    this.#last = Math.max(lastId(this.#path(0)), lastId(this.#path(1)));
    [this.#file, this.#size] = this.#open();
  }

  #path(age: number): string {
    return join(this.#options.folder, age === 0 ? "audit.jsonl" : `audit.${age}.jsonl`);
  }

  #open(): [file: number, size: number] {
    const file = openSync(this.#path(0), "a", 0o600);
    return [file, fstatSync(file).size];
  }

  append(entry: Omit<AuditEntry, "id" | "at">): void {
    const id = String(++this.#last).padStart(12, "0");
    const at = new Date(this.#options.clock.now()).toISOString();
    // What a crash cut short ends here, and takes no entry with it.
    const line = Buffer.from(`${this.#size === 0 ? "" : "\n"}${JSON.stringify({ id, at, ...entry })}`);
    writeSync(this.#file, line);
    this.#size += line.length;
    if (this.#size >= this.#options.fileSize) this.#turn();
  }

  /** The old file stays open until there is the next: where that cannot be had, entries go on into the old one. */
  #turn(): void {
    const path = join(this.#options.folder, "audit.next.jsonl");
    const next = openSync(path, "w", 0o600);
    try {
      for (let age = this.#options.kept - 1; age >= 0; age--) this.#age(age);
      renameSync(path, this.#path(0));
    } catch (error) {
      closeSync(next);
      rmSync(path, { force: true });
      throw error;
    }
    closeSync(this.#file);
    [this.#file, this.#size] = [next, 0];
  }

  #age(age: number): void {
    try {
      renameSync(this.#path(age), this.#path(age + 1));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }

  /** The newest first; `next` is the page's last id, where there are more. */
  async list(
    { limit = 100, cursor, ...filter }: Schemas["AuditQuery"],
    sees: (entry: AuditEntry) => boolean = () => true,
  ): Promise<AuditPage> {
    const items: AuditEntry[] = [];
    for (let age = 0; age <= this.#options.kept; age++) {
      const text = await readFile(this.#path(age), "utf8").catch(() => undefined);
      if (text === undefined) continue;
      const lines = text.split("\n");
      for (let at = lines.length - 1; at >= 0; at--) {
        if (at % stride === 0) await new Promise((resolve) => setImmediate(resolve));
        const entry = parse(lines[at] ?? "");
        if (!entry || (cursor !== undefined && entry.id >= cursor) || !fits(entry, filter) || !sees(entry))
          continue;
        if (items.length === limit) return { items, next: items.at(-1)!.id };
        items.push(entry);
      }
    }
    return { items };
  }

  /** Of requests that are still under way nothing is written from now on: the file's number may be another's soon. */
  close(): void {
    closeSync(this.#file);
    this.#file = closed;
  }
}

function fits(entry: AuditEntry, filter: Omit<Schemas["AuditQuery"], "limit" | "cursor">): boolean {
  const { since, until, ...equal } = filter;
  if (since !== undefined && Date.parse(entry.at) < Date.parse(since)) return false;
  if (until !== undefined && Date.parse(entry.at) >= Date.parse(until)) return false;
  return (Object.keys(equal) as (keyof typeof equal)[]).every(
    (name) => equal[name] === undefined || entry[name] === equal[name],
  );
}

function parse(line: string): AuditEntry | undefined {
  try {
    return line === "" ? undefined : (JSON.parse(line) as AuditEntry);
  } catch {
    return undefined;
  }
}

function lastId(path: string): number {
  try {
    const ids = readFileSync(path, "utf8").matchAll(/^\{"id":"(\d+)"/gm);
    let last = 0;
    for (const [, id] of ids) last = Math.max(last, Number(id));
    return last;
  } catch {
    return 0;
  }
}
