import { frameType, headerSize, magic, maxPayload, trailerSize, type Frame } from "./protocol.ts";

/** A frame, and whether the mark of a new connection came before it. */
export interface ReadFrame extends Frame {
  readonly marked: boolean;
}

/** An empty rest of what was read would keep all of the 64 KiB that Node cut it from, for each guest. */
const nothing = Buffer.alloc(0);

/**
 * Cuts what the agent sent into frames.
 *
 *   in step ── a frame that is none, or does not end with the epoch ──> searching
 *   searching ── MAGIC and a frame after it ──> in step
 *
 * Frames are lost or cut only where a connection began, or where the agent started anew, and both say
 * MAGIC. A cut frame may have swallowed it: `rescan` looks for it in what waits for its rest.
 */
export class FrameReader {
  #buffer: Buffer = nothing;
  /** What came after the buffer. Joined to it when that can make a frame: a guest may send byte by byte. */
  #chunks: Buffer[] = [];
  #length = 0;
  #needed = 1;
  #epoch: number;
  readonly #opener: number;
  #searching = true;

  /** @param opener the frame that says of itself, behind MAGIC, that a connection begins: its epoch may be another. */
  constructor(epoch: number, opener: number = frameType.ready) {
    this.#epoch = epoch;
    this.#opener = opener;
  }

  /** What its frames end with from now on. */
  follow(epoch: number): void {
    this.#epoch = epoch;
  }

  /** Does part of a frame wait for its rest? */
  get waiting(): boolean {
    return this.#length > 0 && !this.#searching;
  }

  /** What the frames that have come with these bytes are. */
  push(bytes: Buffer): ReadFrame[] {
    this.#chunks.push(bytes);
    this.#length += bytes.length;
    return this.#length < this.#needed ? [] : this.#take();
  }

  /** Nothing more came for a while: was the frame's rest cut off, and something else taken for it? */
  rescan(): ReadFrame[] {
    this.#join();
    const at = this.#buffer.indexOf(magic, 1);
    if (at < 0) return [];
    this.#keep(this.#buffer.subarray(at));
    return this.#take();
  }

  #join(): void {
    if (this.#chunks.length > 0) this.#keep(Buffer.concat([this.#buffer, ...this.#chunks]));
  }

  #keep(buffer: Buffer): void {
    this.#buffer = buffer.length === 0 ? nothing : buffer;
    this.#chunks = [];
    this.#length = buffer.length;
  }

  #take(): ReadFrame[] {
    const frames: ReadFrame[] = [];
    this.#join();
    this.#needed = 1;
    for (;;) {
      if (this.#searching && !this.#find()) return frames;
      const frame = this.#next();
      if (frame === "incomplete") return frames;
      if (frame === "none") {
        this.#keep(this.#buffer.subarray(1));
        this.#searching = true;
        continue;
      }
      frames.push(frame);
    }
  }

  #find(): boolean {
    const at = this.#buffer.indexOf(magic);
    if (at < 0) {
      this.#keep(this.#buffer.subarray(Math.max(0, this.#buffer.length - magic.length + 1)));
      return false;
    }
    this.#keep(this.#buffer.subarray(at));
    this.#searching = false;
    return true;
  }

  #next(): ReadFrame | "incomplete" | "none" {
    const buffer = this.#buffer;
    if (buffer.length === 0) return "incomplete";
    const marked = buffer[0] === magic[0];
    const head = marked ? magic.length : 0;
    if (buffer.length < head + headerSize) return "incomplete";
    if (marked && !buffer.subarray(0, head).equals(magic)) return "none";
    const length = buffer.readUInt32BE(head);
    if (length > maxPayload) return "none";
    const size = head + headerSize + length + trailerSize;
    if (buffer.length < size) {
      this.#needed = size;
      return "incomplete";
    }
    const epoch = buffer.readUInt32BE(size - trailerSize);
    const type = buffer.readUInt8(head + 4);
    const opens = marked && type === this.#opener;
    if (!opens && epoch !== this.#epoch) return "none";
    this.#keep(buffer.subarray(size));
    const payload = buffer.subarray(head + headerSize, size - trailerSize);
    return { type, channel: buffer.readUInt32BE(head + 5), payload, epoch, marked };
  }
}
