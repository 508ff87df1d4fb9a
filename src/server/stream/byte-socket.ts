/** A WebSocket whose binary messages are a stream of bytes each way. */
import type { RawData, WebSocket } from "ws";
import { closeCode, type CloseCode, type ViewerSocket } from "#domain/console/viewer-socket";

/** Milliseconds that the other end has to say goodbye as well. */
const closeGrace = 2_000;

export class ByteSocket implements ViewerSocket {
  readonly #socket: WebSocket;
  readonly gone: AbortSignal;

  /** Nothing is read until somebody listens. */
  constructor(socket: WebSocket, gone: AbortSignal) {
    this.#socket = socket;
    this.gone = gone;
    socket.pause();
  }

  get buffered(): number {
    return this.#socket.bufferedAmount;
  }

  send(bytes: Buffer): Promise<void> {
    return new Promise((resolve) => this.#socket.send(bytes, { binary: true }, () => resolve()));
  }

  onBytes(listener: (bytes: Buffer) => void): void {
    this.#socket.on("message", (data: RawData, isBinary) => {
      if (this.gone.aborted) return;
      if (isBinary) listener(data as Buffer);
      else this.close(closeCode.refused, "console.protocol");
    });
    this.#socket.resume();
  }

  /** The answer to an earlier question says so as well. */
  ping(answered: () => void): void {
    this.#socket.once("pong", answered);
    this.#socket.ping();
  }

  close(code: CloseCode, reason: string): void {
    this.#socket.resume();
    this.#socket.close(code, reason);
    setTimeout(() => this.#socket.terminate(), closeGrace).unref();
  }
}
