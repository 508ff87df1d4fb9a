/**
 * Reads a recording piece by piece, wherever its bytes are: a file of the daemon's, or one that a browser asks the daemon
 * for. Reads ahead in large pieces, since most blocks are small.
 */
import {
  blockFrame,
  blockStart,
  damaged,
  headLength,
  headStart,
  kind,
  readBlock,
  readBlockHead,
  readHead,
  readIndex,
  readTrailer,
  trailerLength,
  type Block,
  type KeyFrame,
  type RecordingHead,
} from "./format.ts";

export interface RecordingSource {
  /** Bytes of the file, as far as they are known to be there. */
  readonly size: number;
  /** The bytes from `from` up to `to`; fewer where the file ends before. */
  read(from: number, to: number): Promise<Uint8Array>;
}

/** A block, and where the one after it begins. */
export interface PlacedBlock extends Block {
  readonly offset: number;
  readonly next: number;
}

/** Bytes that are asked for at once. */
const piece = 1024 * 1024;

/** @throws LodgeError recording.damaged */
export async function readRecordingHead(
  source: RecordingSource,
): Promise<{ readonly head: RecordingHead; readonly length: number }> {
  const start = await source.read(0, Math.min(headStart, source.size));
  const length = headLength(start);
  return { head: readHead(await source.read(0, Math.min(length, source.size))), length };
}

/** Whole blocks from an offset on, up to the end or the first that is not whole. */
export async function* blocksFrom(source: RecordingSource, from: number): AsyncGenerator<PlacedBlock, void> {
  const window = new Window(source);
  for (let offset = from; ;) {
    const start = await window.read(offset, offset + blockStart);
    const head = start && readBlockHead(start);
    if (!head) return;
    const next = offset + head.length + blockFrame;
    const bytes = await window.read(offset, next);
    const block = bytes && readBlock(bytes);
    if (!block) return;
    yield { ...block, offset, next };
    offset = next;
  }
}

class Window {
  readonly #source: RecordingSource;
  #from = 0;
  #bytes = new Uint8Array(0);

  constructor(source: RecordingSource) {
    this.#source = source;
  }

  /** Undefined where the file does not have all of them. */
  async read(from: number, to: number): Promise<Uint8Array | undefined> {
    if (to > this.#source.size) return undefined;
    if (from < this.#from || to > this.#from + this.#bytes.length) {
      const end = Math.min(Math.max(to, from + piece), this.#source.size);
      this.#bytes = (await this.#source.read(from, end)) as Uint8Array<ArrayBuffer>;
      this.#from = from;
    }
    if (to > this.#from + this.#bytes.length) return undefined;
    return this.#bytes.subarray(from - this.#from, to - this.#from);
  }
}

export interface Found {
  readonly keys: readonly KeyFrame[];
  /** Time of the last block. */
  readonly duration: number;
}

/**
 * What is found by reading a file from its head on; `lastWhole` is where its last whole block ends. What follows there is
 * its end and its index, or nothing that can be used.
 */
export async function scanBlocks(
  source: RecordingSource,
  from: number,
): Promise<Found & { readonly lastWhole: number }> {
  const keys: KeyFrame[] = [];
  let duration = 0;
  let lastWhole = from;
  for await (const block of blocksFrom(source, from)) {
    duration = block.time;
    if (block.kind === kind.end || block.kind === kind.index) break;
    if (block.isKey) keys.push({ time: block.time, offset: block.offset });
    lastWhole = block.next;
  }
  return { keys, duration, lastWhole };
}

export interface Recorded extends Found {
  readonly head: RecordingHead;
}

/**
 * What is in a recording, from its index; where it has none, from all of it.
 * @throws LodgeError recording.damaged where nothing of it can be shown.
 */
export async function openRecording(source: RecordingSource): Promise<Recorded> {
  const { head, length } = await readRecordingHead(source);
  const found = (await readIndexed(source)) ?? (await scanBlocks(source, length));
  if (found.keys.length === 0) throw damaged("it shows nothing");
  return { head, ...found };
}

/** What its index says; undefined where it has none. */
export async function readIndexed(source: RecordingSource): Promise<Found | undefined> {
  const end = source.size - trailerLength;
  if (end < 0) return undefined;
  const offset = readTrailer(await source.read(end, source.size));
  if (offset === undefined || offset >= end) return undefined;
  const block = readBlock(await source.read(offset, end));
  if (block?.kind !== kind.index) return undefined;
  return { keys: readIndex(block.bytes), duration: block.time };
}

/** The key frame that a moment is shown from. */
export const keyFor = (keys: readonly KeyFrame[], time: number): KeyFrame | undefined =>
  keys.findLast((key) => key.time <= time) ?? keys[0];
