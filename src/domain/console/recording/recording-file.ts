/** Writes a recording: contract/recording/format.ts has the format. What cannot be written whole is taken back. */
import { open, type FileHandle } from "node:fs/promises";
import { writeWhole } from "#base/write-whole";
import type { EndReason } from "#contract/schema/recording";
import {
  kind,
  writeBlock,
  writeHead,
  writeIndex,
  writeJson,
  writeTrailer,
  type Block,
  type KeyFrame,
  type RecordingHead,
} from "#contract/recording/format";
import { readIndexed, readRecordingHead, scanBlocks, type RecordingSource } from "#contract/recording/scan";

/** The file, as far as it is written to. */
export interface Sink {
  write(bytes: Uint8Array, at: number): Promise<void>;
  truncate(length: number): Promise<void>;
  close(): Promise<void>;
}

export interface Limits {
  /** Bytes of the file, its end not counted. */
  readonly bytes: number;
  /** Bytes that stay free on its disk. */
  readonly leastFree: number;
  /** Bytes that are free there. */
  free(): Promise<number>;
}

export type Written = Pick<Block, "kind" | "time" | "bytes"> & { readonly isKey?: boolean };

/** How many bytes are written between two looks at what is free. */
const lookEvery = 1024 * 1024;

const isFull = (error: unknown): boolean =>
  ["ENOSPC", "EDQUOT", "EFBIG"].includes((error as NodeJS.ErrnoException).code ?? "");

export class RecordingFile {
  readonly #sink: Sink;
  readonly #limits: Limits;
  readonly #keys: KeyFrame[] = [];
  #size: number;
  #looked = 0;

  private constructor(sink: Sink, limits: Limits, size: number) {
    this.#sink = sink;
    this.#limits = limits;
    this.#size = size;
  }

  static async begin(sink: Sink, head: RecordingHead, limits: Limits): Promise<RecordingFile> {
    const bytes = writeHead(head);
    try {
      await sink.write(bytes, 0);
    } catch (error) {
      await sink.close();
      throw error;
    }
    return new RecordingFile(sink, limits, bytes.length);
  }

  /** Bytes that are whole. */
  get size(): number {
    return this.#size;
  }

  /** Appends a block, or says why nothing more can be. */
  async append({ kind: which, time, bytes, isKey = false }: Written): Promise<EndReason | undefined> {
    const block = writeBlock({ kind: which, time, bytes, isKey });
    if (this.#size + block.length > this.#limits.bytes) return "size";
    if (!(await this.#hasRoom(block.length))) return "disk";
    if (!(await this.#write(block))) return "disk";
    if (isKey) this.#keys.push({ time, offset: this.#size - block.length });
    return undefined;
  }

  /** The end and the index. Where there is no room for them, a reader finds out by itself. */
  async finish(time: number, reason: EndReason): Promise<void> {
    try {
      await this.#write(tail({ time, reason, at: this.#size, keys: this.#keys }));
    } finally {
      await this.#sink.close();
    }
  }

  /** Leaves it without an end: see recover(). */
  close(): Promise<void> {
    return this.#sink.close();
  }

  async #hasRoom(more: number): Promise<boolean> {
    if (this.#size + more - this.#looked < lookEvery) return true;
    this.#looked = this.#size + more;
    return (await this.#limits.free()) - more >= this.#limits.leastFree;
  }

  async #write(bytes: Uint8Array): Promise<boolean> {
    try {
      await this.#sink.write(bytes, this.#size);
      this.#size += bytes.length;
      return true;
    } catch (error) {
      if (!isFull(error)) throw error;
      await this.#sink.truncate(this.#size);
      return false;
    }
  }
}

const sinkOf = (file: FileHandle): Sink => ({
  write: (bytes, at) => writeWhole(file, bytes, at),
  truncate: (length) => file.truncate(length),
  close: () => file.close(),
});

/** A new file, which nobody but Lodge reads. */
export const createSink = async (path: string): Promise<Sink> => sinkOf(await open(path, "wx", 0o600));

const sourceOf = (file: FileHandle, size: number): RecordingSource => ({
  size,
  async read(from, to) {
    const bytes = new Uint8Array(Math.max(0, to - from));
    const { bytesRead } = await file.read(bytes, 0, bytes.length, from);
    return bytes.subarray(0, bytesRead);
  },
});

interface Tail {
  readonly time: number;
  readonly reason: EndReason;
  /** Where it begins. */
  readonly at: number;
  readonly keys: readonly KeyFrame[];
}

function tail({ time, reason, at, keys }: Tail): Buffer {
  const end = writeBlock({ isKey: false, time, kind: kind.end, bytes: writeJson({ reason }) });
  const index = writeBlock({ isKey: false, time, kind: kind.index, bytes: writeIndex(keys) });
  return Buffer.concat([end, index, writeTrailer(at + end.length)]);
}

export interface Recovered {
  readonly size: number;
  /** Milliseconds. */
  readonly duration: number;
}

/**
 * Gives a file whose writer died an end and an index, after its last whole block. One that has them stays as it is.
 * @throws LodgeError recording.damaged where not even its head is whole; it is left alone then.
 */
export async function recover(path: string, reason: EndReason): Promise<Recovered> {
  const file = await open(path, "r+");
  try {
    const { size } = await file.stat();
    const source = sourceOf(file, size);
    const { length } = await readRecordingHead(source);
    const known = await readIndexed(source);
    if (known) return { size, duration: known.duration };
    const { keys, duration, lastWhole } = await scanBlocks(source, length);
    const rest = tail({ time: duration, reason, at: lastWhole, keys });
    await file.truncate(lastWhole);
    await sinkOf(file).write(rest, lastWhole);
    return { size: lastWhole + rest.length, duration };
  } finally {
    await file.close();
  }
}
