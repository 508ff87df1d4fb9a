import { Writable } from "node:stream";
import { chunkSize, streamWindow } from "./protocol.ts";

interface OutgoingEvents {
  data(offset: number, bytes: Buffer): void;
  end(offset: number): void;
}

/**
 * A stream into the guest. Keeps what the agent has not acknowledged, at most `streamWindow` bytes, and
 * sends it again after a connection broke; a writer waits while the window is full.
 */
export class OutgoingStream extends Writable {
  readonly #events: OutgoingEvents;
  #kept: Buffer = Buffer.alloc(0);
  #acked: number;
  #sent: number;
  #rest: { bytes: Buffer; done: () => void } | undefined;
  #ended = false;
  #closed = false;

  /** @param start how many bytes of the stream an earlier writer's guest has had. */
  constructor(start: number, events: OutgoingEvents) {
    super({ highWaterMark: chunkSize });
    this.#acked = this.#sent = start;
    this.#events = events;
  }

  /** Bytes that the guest's process has been given; where a later writer goes on. */
  get acknowledged(): number {
    return this.#acked;
  }

  acknowledge(offset: number): void {
    if (offset <= this.#acked || offset > this.#sent) return;
    this.#kept = this.#kept.subarray(offset - this.#acked);
    this.#acked = offset;
    this.#push();
  }

  /** The agent may have missed what it did not acknowledge. */
  sendAgain(): void {
    for (let at = 0; at < this.#kept.length; at += chunkSize) {
      this.#events.data(this.#acked + at, this.#kept.subarray(at, at + chunkSize));
    }
    if (this.#ended) this.#events.end(this.#sent);
  }

  /** Nobody reads in the guest any more: what is written from now on goes nowhere, without an error. */
  closeReader(): void {
    this.#closed = true;
    this.#kept = Buffer.alloc(0);
    const rest = this.#rest;
    this.#rest = undefined;
    rest?.done();
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    if (this.#closed) return done();
    this.#rest = { bytes: chunk, done };
    this.#push();
  }

  override _final(done: () => void): void {
    this.#ended = true;
    if (!this.#closed) this.#events.end(this.#sent);
    done();
  }

  #push(): void {
    while (this.#rest) {
      const room = Math.min(streamWindow - this.#kept.length, chunkSize);
      if (room <= 0) return;
      const bytes = this.#rest.bytes.subarray(0, room);
      this.#kept = Buffer.concat([this.#kept, bytes]);
      this.#events.data(this.#sent, bytes);
      this.#sent += bytes.length;
      this.#rest.bytes = this.#rest.bytes.subarray(room);
      if (this.#rest.bytes.length > 0) continue;
      const { done } = this.#rest;
      this.#rest = undefined;
      done();
    }
  }
}
