/**
 * What a viewer does, on its way to QEMU: in order, keys at their pace, and within bounds. What comes while no QEMU takes it
 * is dropped: a key that is pressed late is another one.
 */
import type { Act } from "./rfb/viewer-message.ts";
import { KeyPace } from "./key-pace.ts";

/** Bytes that may wait: a text of some forty thousand letters. */
const mostHeld = 1_048_576;

interface Held {
  readonly act: Act;
  readonly bytes: Buffer;
}

/** Where acts go. */
export interface Taker {
  /** Is so much on the way that no more should come? */
  readonly isFull: boolean;
  send(bytes: Buffer): void;
}

export class Acts {
  readonly #pace = new KeyPace();
  #held: Held[] = [];
  #bytes = 0;

  /** Passes it on, or keeps it until its time has come. */
  take(now: number, act: Act, bytes: Buffer, taker: Taker | undefined): void {
    if (!taker) return this.forget();
    if (this.#bytes + bytes.length > mostHeld) return;
    this.#held.push({ act, bytes });
    this.#bytes += bytes.length;
    this.flow(now, taker);
  }

  /** Passes on what may go by now. */
  flow(now: number, taker: Taker): void {
    let gone = 0;
    for (const { act, bytes } of this.#held) {
      if (taker.isFull || (act === "key" && !this.#pace.take(now))) break;
      taker.send(bytes);
      this.#bytes -= bytes.length;
      gone++;
    }
    if (gone > 0) this.#held = this.#held.slice(gone);
  }

  forget(): void {
    this.#held = [];
    this.#bytes = 0;
  }
}
