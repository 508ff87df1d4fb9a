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
  #acked = 0;
  #sent = 0;
  #rest: { bytes: Buffer; done: () => void } | undefined;
  #ended = false;
  #closed = false;
  /** Since a connection broke, and until the agent has said how much of it has come. */
  #held = false;

  constructor(events: OutgoingEvents) {
    super({ highWaterMark: chunkSize });
    this.#events = events;
  }

  /** Where the stream stands: bytes sent, by this writer or one before it. */
  get sent(): number {
    return this.#sent;
  }

  acknowledge(offset: number): void {
    this.#forget(offset);
    this.#push();
  }

  /** There is a connection again, by which some of it may have got lost: nothing more goes before the agent says how much has come. */
  hold(): void {
    this.#held = true;
  }

  /** The agent says how much of it has come: what is missing is sent again, and then what waited. */
  resume(received: number): void {
    this.#held = false;
    if (received > this.#sent) this.#acked = this.#sent = received;
    this.#forget(received);
    for (let at = 0; at < this.#kept.length; at += chunkSize) {
      this.#events.data(this.#acked + at, this.#kept.subarray(at, at + chunkSize));
    }
    if (this.#ended) this.#events.end(this.#sent);
    this.#push();
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
    if (!this.#closed && !this.#held) this.#events.end(this.#sent);
    done();
  }

  #forget(offset: number): void {
    if (offset <= this.#acked || offset > this.#sent) return;
    this.#kept = this.#kept.subarray(offset - this.#acked);
    this.#acked = offset;
  }

  #push(): void {
    while (this.#rest && !this.#held) {
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
