/** A viewer of a display, at the gateway's end of its connection. */
import { LodgeError } from "#contract/errors";
import { setEncodings, updateRequest } from "#domain/console/rfb/messages";
import type { ViewerSocket } from "#domain/console/viewer-socket";

/** All of the display that it asks for. */
export const area = { x: 0, y: 0, width: 64, height: 48 };
/** The encodings that it knows. */
export const usual = [7, -223, -308, -26];

/** A viewer whose network takes what is sent when the test says so. */
export class FakeViewer implements ViewerSocket {
  readonly #gone = new AbortController();
  #listener: (bytes: Buffer) => void = () => undefined;
  #taken: (() => void)[] = [];
  stuck = false;
  buffered = 0;
  /** Messages after the greeting. */
  readonly messages: Buffer[] = [];
  #greetings = 0;
  readonly #ready = Promise.withResolvers<void>();
  /** Resolves once the gateway has said all of its greeting. */
  readonly greeted = this.#ready.promise;
  readonly gone = this.#gone.signal;

  async send(bytes: Buffer): Promise<void> {
    if (this.#greetings === 2) this.messages.push(bytes);
    else this.#greet();
    if (!this.stuck) return;
    this.buffered += bytes.length;
    await new Promise<void>((resolve) => this.#taken.push(resolve));
  }

  /** As noVNC does: to one message it answers with its version, and reads on with the next. */
  #greet(): void {
    this.#greetings++;
    const isAll = this.#greetings === 2;
    queueMicrotask(() => {
      this.say(isAll ? Buffer.of(1, 1) : Buffer.from("RFB 003.008\n"));
      if (isAll) this.#ready.resolve();
    });
  }

  onBytes(listener: (bytes: Buffer) => void): void {
    this.#listener = listener;
  }

  say(bytes: Buffer): void {
    this.#listener(bytes);
  }

  begin(encodings: readonly number[] = usual): void {
    this.say(setEncodings(encodings));
    this.say(updateRequest(false, area));
  }

  take(): void {
    this.stuck = false;
    this.buffered = 0;
    for (const resolve of this.#taken.splice(0)) resolve();
  }

  readonly questions: (() => void)[] = [];
  ping(answered: () => void): void {
    this.questions.push(answered);
  }

  leave(): void {
    this.#gone.abort(new LodgeError("api.client_gone"));
  }

  close(): void {
    this.leave();
  }
}
