import { streamWindow } from "./protocol.ts";

/** Chunks that go at once when they were read. */
const dropped = 1024;

/**
 * A stream out of the guest, as chunks to iterate over. What was taken is acknowledged, so the guest's
 * process is held back where its reader is slow: never more than `streamWindow` bytes wait here.
 *
 * A reader that stops early (`break`) lets the rest be thrown away, so that the process is not stopped.
 */
export class IncomingStream implements AsyncIterable<Buffer> {
  readonly #chunks: Buffer[] = [];
  /** How many of them the reader has had. */
  #had = 0;
  readonly #acknowledge: (offset: number) => void;
  #received: number;
  #consumed: number;
  #acked: number;
  #ended = false;
  #discarding = false;
  #error: unknown;
  #wake: (() => void) | undefined;

  /** @param start how many bytes of the stream an earlier reader has had. */
  constructor(start: number, acknowledge: (offset: number) => void) {
    this.#received = this.#consumed = this.#acked = start;
    this.#acknowledge = acknowledge;
  }

  /** Bytes of the stream that have come; where it goes on after a connection broke. */
  get received(): number {
    return this.#received;
  }

  /** Bytes of the stream that the reader has had; what a later reader attaches with. */
  get consumed(): number {
    return this.#consumed;
  }

  /** Has the reader had all of it? */
  get finished(): boolean {
    return this.#ended && this.#consumed === this.#received;
  }

  /** @throws RangeError where the agent skips bytes or sends more than the window. */
  receive(offset: number, bytes: Buffer): void {
    const known = this.#received - offset;
    if (known < 0) throw new RangeError("the agent skipped a part of a stream");
    if (known >= bytes.length) return;
    const fresh = bytes.subarray(known);
    this.#received += fresh.length;
    if (this.#received - this.#acked > streamWindow) throw new RangeError("the agent sent more than it may");
    this.#chunks.push(fresh);
    if (this.#discarding) this.discard();
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  fail(error: unknown): void {
    if (this.#ended) return;
    this.#error ??= error;
    this.#wake?.();
  }

  /** Throws away what has come and what will. */
  discard(): void {
    this.#discarding = true;
    let length = 0;
    for (const chunk of this.#chunks.splice(0).slice(this.#had)) length += chunk.length;
    this.#had = 0;
    this.#consume(length);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, undefined> {
    try {
      for (;;) {
        const chunk = this.#chunks[this.#had];
        if (chunk) {
          yield chunk;
          if (this.#chunks[this.#had] !== chunk) continue;
          this.#drop();
          this.#consume(chunk.length);
        } else if (this.#ended) return;
        else if (this.#error !== undefined) throw this.#error;
        else await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      if (!this.#ended || this.#chunks.length > this.#had) this.discard();
    }
  }

  /** The reader has had one more. Many go at a time: of very many, to shift each takes the longer the more there are. */
  #drop(): void {
    this.#had++;
    if (this.#had < dropped && this.#had < this.#chunks.length) return;
    this.#chunks.splice(0, this.#had);
    this.#had = 0;
  }

  #consume(length: number): void {
    this.#consumed += length;
    if (this.#consumed - this.#acked < streamWindow / 4 && !this.finished) return;
    this.#acked = this.#consumed;
    this.#acknowledge(this.#acked);
  }
}
