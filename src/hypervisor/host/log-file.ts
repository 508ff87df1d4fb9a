/**
 * Keeps a log short while other programs write to it and while it is followed. Whoever writes must append
 * (O_APPEND, as QEMU, swtpm and dnsmasq do): where the file ends is then looked up at each write, so its
 * beginning can be taken away below them, and nothing that they write meanwhile is lost.
 *
 *   collapse   ext4, xfs: what is left moves to the beginning, and the file is as long as what is in it
 *   punch      btrfs, tmpfs, …: the beginning becomes a hole, which takes no space; the length stays
 *   empty      where a file system can do neither, and where holes have made a file too long: all of it goes
 */
import { statSync, type Stats } from "node:fs";
import { type FileHandle, open, truncate } from "node:fs/promises";
import { exec } from "#base/exec";
import { SerialQueue } from "#base/queue";

const mebibyte = 1_048_576;

/** Bytes, of a log that others fill. */
export const logLimits = {
  /** The last so many stay: hours of what a system says that is well, and what it said before it went astray. */
  kept: 2 * mebibyte,
  /** One that takes more than this is cut: twice that, so that little is moved for much that is written. */
  most: 4 * mebibyte,
  /** One that is longer than this, holes and all, is emptied: programs that copy it read holes too. */
  longest: 1024 * mebibyte,
} as const;

type Limits = Readonly<Record<keyof typeof logLimits, number>>;

/** Beginnings are taken away in whole blocks of the file system; no file system's are larger. */
const step = mebibyte;

type Cut = "collapse" | "punch" | "empty";

/** A log as those in this process share it: while it is cut nobody reads, so that nobody reads the wrong place. */
class Shared {
  readonly turns = new SerialQueue();
  readonly readers = new Set<LogReader>();
  users = 0;
}

const shared = new Map<string, Shared>();

function use(path: string): Shared {
  const log = shared.get(path) ?? new Shared();
  shared.set(path, log);
  log.users++;
  return log;
}

function leave(path: string, log: Shared): void {
  if (--log.users === 0) shared.delete(path);
}

/** Cuts the log if it has become too large; says how, or nothing where it is left as it is. */
export async function cutLog(path: string, limits: Limits = logLimits): Promise<Cut | undefined> {
  if (!isTooLarge(statSync(path, { throwIfNoEntry: false }), limits)) return undefined;
  const log = use(path);
  try {
    return await log.turns.run(async () => {
      const found = statSync(path, { throwIfNoEntry: false });
      if (!isTooLarge(found, limits)) return undefined;
      const end = Math.floor((found.size - limits.kept) / step) * step;
      if (end <= 0) return undefined;
      const how = found.size > limits.longest ? await empty(path) : await takeAway(path, end);
      for (const reader of log.readers) reader.moved(how, end);
      return how;
    });
  } finally {
    leave(path, log);
  }
}

const isTooLarge = (found: Stats | undefined, { most, longest }: Limits): found is Stats =>
  found !== undefined && (Math.min(found.size, found.blocks * 512) > most || found.size > longest);

async function takeAway(path: string, end: number): Promise<Cut> {
  const range = ["--offset", "0", "--length", String(end), path];
  const done = (option: string) =>
    exec("fallocate", [option, ...range]).then(
      () => true,
      () => false,
    );
  if (await done("--collapse-range")) return "collapse";
  return (await done("--punch-hole")) ? "punch" : empty(path);
}

async function empty(path: string): Promise<Cut> {
  await truncate(path);
  return "empty";
}

/** Reads a log on and on, past cuts: what it has not read yet comes once, unless it was cut away. */
export class LogReader {
  readonly #path: string;
  readonly #log: Shared;
  readonly #buffer = Buffer.alloc(65_536);
  #file: FileHandle | undefined;
  #offset = 0;

  private constructor(path: string) {
    this.#path = path;
    this.#log = use(path);
  }

  /** @param back bytes before its end at which to begin */
  static async open(path: string, back: number): Promise<LogReader> {
    const reader = new LogReader(path);
    try {
      await reader.#log.turns.run(() => reader.#begin(back));
      return reader;
    } catch (error) {
      leave(path, reader.#log);
      throw error;
    }
  }

  /** Bytes that one read gives at most. */
  get most(): number {
    return this.#buffer.length;
  }

  /** What comes next; empty at the end of what there is. */
  read(): Promise<Buffer> {
    return this.#log.turns.run(async () => {
      const { bytesRead } = await this.#file!.read(this.#buffer, 0, this.most, this.#offset);
      this.#offset += bytesRead;
      return Buffer.from(this.#buffer.subarray(0, bytesRead));
    });
  }

  /** Is there nothing that was not read yet? */
  isAtEnd(): Promise<boolean> {
    return this.#log.turns.run(async () => (await this.#file!.stat()).size <= this.#offset);
  }

  /** What was at this reader's place is somewhere else since the cut. */
  moved(how: Cut, end: number): void {
    if (how === "collapse") this.#offset = Math.max(0, this.#offset - end);
    else if (how === "punch") this.#offset = Math.max(this.#offset, end);
    else this.#offset = 0;
  }

  async close(): Promise<void> {
    this.#log.readers.delete(this);
    leave(this.#path, this.#log);
    await this.#file?.close();
  }

  async #begin(back: number): Promise<void> {
    this.#file = await open(this.#path, "r");
    const { size, blocks } = await this.#file.stat();
    // Holes take no space: what is there lies at the end.
    this.#offset = Math.max(0, size - Math.min(back, blocks * 512));
    this.#log.readers.add(this);
  }
}

/** The last lines of a log, of what is kept of it; empty where there is none. */
export async function lastLines(path: string, lines: number): Promise<string> {
  let text: Buffer;
  try {
    await using file = await open(path, "r");
    const { size } = await file.stat();
    const length = Math.min(size, logLimits.kept);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
    text = buffer.subarray(0, bytesRead);
  } catch {
    return "";
  }
  return text
    .toString()
    .split("\n")
    .slice(-lines - 1)
    .join("\n");
}
