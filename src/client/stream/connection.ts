/**
 * The client's end of a stream; contract/stream.ts draws the frames. Reading pauses while any output is
 * full; input waits for the window that the server grants.
 */
import type { ClientRequest, IncomingMessage } from "node:http";
import { connect } from "node:net";
import { Readable, Writable } from "node:stream";
import { WebSocket } from "ws";
import { LodgeError } from "#contract/errors";
import type { FeedFrame } from "#contract/schema/feed";
import {
  inputWindow,
  longestMessage,
  longestPiece,
  stdin,
  type ClientFrame,
  type ServerFrame,
} from "#contract/stream";
import { nameOf, type Address } from "../address.ts";
import { answerError } from "../request.ts";
import { authorization, connectionError, parseUrl, readAll, trust } from "../transport.ts";

/** The frame that a stream ends with when all went well. */
type Ending<T extends "exit" | "end"> = Extract<ServerFrame, { type: T }>;

export class Connection<T extends "exit" | "end"> {
  /** Resolves with the "started" frame; rejects with why it did not come. */
  readonly started: Promise<void>;
  /** Resolves with the last frame; rejects with the server's error, or with api.daemon_lost. */
  readonly ended: Promise<Ending<T>>;
  readonly #socket: WebSocket;
  readonly #outputs = new Map<number, Readable>();
  readonly #full = new Set<Readable>();
  readonly #start = Promise.withResolvers<void>();
  readonly #end = Promise.withResolvers<Ending<T>>();
  /** Has the server said that there is no more output? */
  eof = false;
  #credit = inputWindow;
  #moreCredit: (() => void) | undefined;
  #over = false;
  #onFrame: (frame: FeedFrame) => void = () => undefined;

  constructor(address: Address, path: string, first?: ClientFrame, signal?: AbortSignal) {
    this.started = this.#start.promise;
    this.ended = this.#end.promise;
    // Whoever waits for one of them need not wait for the other.
    this.started.catch(() => undefined);
    this.ended.catch(() => undefined);
    this.#socket = dial(address, path);
    const abort = () => this.close(signal?.reason);
    this.#socket.on("open", () => first && this.send(first));
    this.#socket.on("message", (data, isBinary) => {
      // What had arrived before the end is still delivered after it.
      if (this.#over) return;
      if (isBinary) this.#receiveData(data as Buffer);
      else this.#receiveFrame(JSON.parse((data as Buffer).toString()) as ServerFrame);
    });
    this.#socket.on("unexpected-response", (_request: ClientRequest, response: IncomingMessage) => {
      readAll(response).then(
        (body) => this.close(answerError(response.statusCode ?? 0, body, nameOf(address))),
        (error) => this.close(connectionError(error as NodeJS.ErrnoException, address)),
      );
    });
    this.#socket.on("error", (error) => this.close(connectionError(error, address)));
    this.#socket.on("close", () => {
      signal?.removeEventListener("abort", abort);
      this.close(new LodgeError("api.daemon_lost", { address: nameOf(address) }));
    });
    if (signal?.aborted) abort();
    else signal?.addEventListener("abort", abort, { once: true });
  }

  send(frame: ClientFrame): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  /** What the server sends under this number. Ends with the stream; `onClose` tells of a reader that left. */
  output(stream: number, onClose?: () => void): Readable {
    const readable = new Readable({
      highWaterMark: 4 * longestPiece,
      read: () => {
        if (this.#full.delete(readable) && this.#full.size === 0) this.#socket.resume();
      },
      destroy: (error, done) => {
        if (this.#full.delete(readable) && this.#full.size === 0) this.#socket.resume();
        onClose?.();
        done(error);
      },
    });
    this.#outputs.set(stream, readable);
    return readable;
  }

  /** What goes to the server as input. Its end is the input's end. */
  input(): Writable {
    return new Writable({
      highWaterMark: 4 * longestPiece,
      decodeStrings: true,
      write: (chunk: Buffer, _encoding, done) => {
        this.#write(chunk).then(() => done(), done);
      },
      final: (done) => {
        this.send({ type: "eof" });
        done();
      },
    });
  }

  onFrame(handler: (frame: FeedFrame) => void): void {
    this.#onFrame = handler;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Ends it from here. The first reason that comes is the one that counts. */
  close(reason: unknown): void {
    if (this.#over) return;
    this.#finish();
    this.#start.reject(reason);
    this.#end.reject(reason);
  }

  #finish(): void {
    this.#over = true;
    this.#endOutputs();
    this.#moreCredit?.();
    this.#socket.terminate();
  }

  #endOutputs(): void {
    for (const output of this.#outputs.values()) if (!output.destroyed) output.push(null);
  }

  #receiveFrame(frame: ServerFrame): void {
    switch (frame.type) {
      case "started":
        return this.#start.resolve();
      case "window":
        this.#credit += frame.bytes;
        return this.#moreCredit?.();
      case "eof":
        this.eof = true;
        return this.#endOutputs();
      case "event":
      case "change":
      case "usage":
      case "reset":
        return this.#onFrame(frame);
      case "error":
        return this.close(LodgeError.fromProblem(frame.problem));
      case "exit":
      case "end":
        this.#end.resolve(frame as Ending<T>);
        return this.close(undefined);
    }
  }

  #receiveData(data: Buffer): void {
    const output = this.#outputs.get(data[0] ?? -1);
    if (!output || output.destroyed || output.push(data.subarray(1))) return;
    this.#full.add(output);
    this.#socket.pause();
  }

  /** Sends input in pieces, each once the window has room. Input for a stream that is over goes nowhere. */
  async #write(chunk: Buffer): Promise<void> {
    for (let at = 0; at < chunk.length && !this.#over;) {
      if (this.#credit === 0) {
        await new Promise<void>((resolve) => (this.#moreCredit = resolve));
        continue;
      }
      const piece = chunk.subarray(at, at + Math.min(longestPiece, this.#credit));
      this.#credit -= piece.length;
      at += piece.length;
      await this.#sendInput(piece);
    }
  }

  #sendInput(piece: Buffer): Promise<void> {
    const message = Buffer.allocUnsafe(piece.length + 1);
    message[0] = stdin;
    message.set(piece, 1);
    // An error here is told by the socket's own event.
    return new Promise((resolve) => this.#socket.send(message, () => resolve()));
  }
}

/** Opens a WebSocket. `longest`: bytes of a message that it takes. */
export function dial(address: Address, path: string, longest = longestMessage): WebSocket {
  const options = {
    perMessageDeflate: false,
    maxPayload: longest,
    headers: authorization(address),
    ...trust(address),
  };
  if ("url" in address) return new WebSocket(parseUrl(address, path), options);
  return new WebSocket(`ws://lodge${path}`, {
    ...options,
    createConnection: () => connect(address.socketPath),
  } as ConstructorParameters<typeof WebSocket>[2]);
}
