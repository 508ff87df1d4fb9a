/**
 * One WebSocket as its handler sees it: frames in and out as contract/stream.ts draws them.
 *
 *   opening ──first frame──► open ──finish()/fail()──► closed
 *      └───────────peer gone, or nonsense from it──────► closed, and `gone` is aborted
 *
 * Output waits for the socket, so a slow reader stops its source. Input is held to the window: at most
 * contract/stream's inputWindow bytes are ever kept here.
 */
import type { Writable } from "node:stream";
import type { RawData, WebSocket } from "ws";
import { LodgeError, type Problem } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import {
  inputWindow,
  longestPiece,
  stdin,
  type Eof,
  type Resize,
  type ServerFrame,
  type Signal,
} from "#contract/stream";
import { ByteSocket } from "./byte-socket.ts";
import type { OutletFrame } from "./outlet.ts";
import { checkFrame, type StartName } from "./frames.ts";

type Control = Eof | Resize | Signal;
type ControlHandler = (frame: Exclude<Control, Eof>) => void;

/** WebSocket close codes (RFC 6455, 7.4.1). */
const closeCode = { normal: 1000, goingAway: 1001, policy: 1008, internal: 1011 } as const;

/** Milliseconds for the first frame to come. */
const patience = 10_000;

/** Taken bytes are told in steps of this many, not one by one. */
const windowStep = inputWindow / 4;

export class Channel {
  readonly #socket: WebSocket;
  /** Has it frames, or a protocol of its own? */
  #framed = true;
  readonly #gone = new AbortController();
  #start: { resolve: (text: string) => void; reject: (error: LodgeError) => void } | undefined;
  #early: string | undefined;
  #started = false;
  #finished = false;
  #waiting: Buffer[] = [];
  #ended = false;
  #sink: Writable | undefined;
  #allowed = inputWindow;
  #taken = 0;
  #onControl: ControlHandler = () => undefined;
  #onText: ((text: string) => void) | undefined;

  /** `stopping` is aborted when the daemon stops. */
  constructor(socket: WebSocket, stopping: AbortSignal) {
    this.#socket = socket;
    const stop = () => this.#break(stopping.reason as LodgeError, closeCode.goingAway);
    socket.on("message", (data, isBinary) => this.#receive(data, isBinary));
    socket.on("close", () => {
      stopping.removeEventListener("abort", stop);
      this.#leave(new LodgeError("api.client_gone"));
    });
    if (stopping.aborted) stop();
    else stopping.addEventListener("abort", stop, { once: true });
  }

  /** Aborted when the peer has gone, broke the rules, or the daemon stops; not by an end of our own. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** The frame that opens the stream, checked. @throws LodgeError api.invalid */
  async first<N extends StartName>(name: N): Promise<Schemas[N]> {
    this.gone.throwIfAborted();
    const text = this.#early ?? (await this.#firstText());
    return checkFrame(text, name);
  }

  /** It has no first frame: what comes from now on is input. */
  begin(): void {
    this.#started = true;
  }

  #firstText(): Promise<string> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const reason = `did not come within ${patience / 1000} s`;
        reject(new LodgeError("api.invalid", { field: "the first frame", reason }));
      }, patience);
      this.#start = {
        resolve: (text) => (clearTimeout(timer), resolve(text)),
        reject: (error) => (clearTimeout(timer), reject(error)),
      };
    });
  }

  /** Hands the socket to a protocol of its own, before anything came: no frames come or go here from now on. */
  takeOver(): ByteSocket {
    this.#framed = false;
    this.#socket.removeAllListeners("message");
    return new ByteSocket(this.#socket, this.gone);
  }

  /** Hands over every text that comes, before anything came: there is no first frame. What the listener throws ends the stream. */
  onText(listener: (text: string) => void): void {
    this.#onText = listener;
  }

  /** Sends a frame; resolves once the socket has taken it. */
  send(frame: ServerFrame): Promise<void> {
    return this.#write(JSON.stringify(frame));
  }

  /** Sends frames that are written already; resolves once the socket has taken most of them. */
  async sendTexts(frames: readonly OutletFrame[]): Promise<void> {
    for (const { json } of frames) {
      const sent = this.#write(json);
      // Small ones go together: waiting for each would take a turn of the event loop.
      if (this.#socket.bufferedAmount > longestPiece) await sent;
      else sent.catch(() => undefined);
    }
    this.gone.throwIfAborted();
  }

  /** Sends everything a source gives as this stream's data; resolves at its end. */
  async pump(source: AsyncIterable<Uint8Array>, stream: number): Promise<void> {
    for await (const chunk of source) {
      for (let at = 0; at < chunk.length; at += longestPiece) {
        const piece = chunk.subarray(at, at + longestPiece);
        const message = Buffer.allocUnsafe(piece.length + 1);
        message[0] = stream;
        message.set(piece, 1);
        await this.#write(message);
      }
    }
  }

  /** Lets input flow to where it belongs; the sink is ended where the input is. */
  feed(sink: Writable): void {
    this.#sink = sink;
    sink.on("error", () => {
      // Whoever read this input reads no more; what it was is told by its exit.
    });
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const piece of waiting) this.#pass(piece);
    if (this.#ended) sink.end();
  }

  /** Hands over "resize" and "signal" frames. */
  onControl(handler: ControlHandler): void {
    this.#onControl = handler;
  }

  /** The last frame, then the end. */
  async finish(frame: ServerFrame): Promise<void> {
    if (this.gone.aborted) return;
    this.#finished = true;
    await this.send(frame);
    this.#socket.close(closeCode.normal);
  }

  /** Ends with an error. */
  fail(problem: Problem): void {
    if (this.#finished || this.gone.aborted) return;
    this.#finished = true;
    this.#close({ type: "error", problem }, problem.status >= 500 ? closeCode.internal : closeCode.normal);
  }

  /** Ends it whatever goes on in it: whoever is at the other end may not have it any more. */
  cut(error: LodgeError): void {
    this.#break(error, closeCode.policy);
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (this.#finished || this.gone.aborted) return;
    try {
      if (isBinary) this.#receiveData(data as Buffer);
      else this.#receiveText((data as Buffer).toString());
    } catch (error) {
      this.#break(error as LodgeError, closeCode.policy);
    }
  }

  #receiveText(text: string): void {
    if (this.#onText) return this.#onText(text);
    if (!this.#started) {
      this.#started = true;
      if (this.#start) this.#start.resolve(text);
      else this.#early = text;
      return;
    }
    const frame = checkFrame(text, "Eof", "Resize", "Signal");
    if (frame.type !== "eof") return this.#onControl(frame);
    this.#ended = true;
    this.#sink?.end();
  }

  #receiveData(data: Buffer): void {
    const refuse = (reason: string) => new LodgeError("api.invalid", { field: "input", reason });
    if (!this.#started) throw refuse("came before the first frame");
    if (this.#ended) throw refuse("came after its end");
    if (data[0] !== stdin) throw refuse("is for a stream that takes none");
    const piece = data.subarray(1);
    this.#allowed -= piece.length;
    if (this.#allowed < 0) throw refuse("is more than the window allows");
    // It takes nothing of the window: any number of them could wait.
    if (piece.length === 0) return;
    if (this.#sink) this.#pass(piece);
    else this.#waiting.push(piece);
  }

  /** Gives input to the sink and, once that has taken it, makes room for more. */
  #pass(piece: Buffer): void {
    const done = () => {
      this.#taken += piece.length;
      if (this.#taken < windowStep || this.#finished || this.gone.aborted) return;
      const bytes = this.#taken;
      this.#taken = 0;
      this.#allowed += bytes;
      this.send({ type: "window", bytes }).catch(() => undefined);
    };
    if (this.#sink?.writable) this.#sink.write(piece, done);
    else done();
  }

  #write(message: string | Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.send(message, (error) => {
        if (!error) return resolve();
        // Writing is often the first to find that the peer has gone.
        const gone = new LodgeError("api.client_gone", {}, { cause: error });
        this.#leave(gone);
        reject(gone);
      });
    });
  }

  #break(error: LodgeError, code: number): void {
    if (this.#finished || this.gone.aborted) return;
    this.#close({ type: "error", problem: error.toProblem() }, code);
    this.#leave(error);
  }

  #close(frame: ServerFrame, code: number): void {
    if (this.#framed) this.send(frame).catch(() => undefined);
    this.#socket.close(code, this.#framed || frame.type !== "error" ? undefined : frame.problem.code);
  }

  #leave(reason: LodgeError): void {
    this.#waiting = [];
    if (!this.#finished) this.#gone.abort(reason);
    this.#start?.reject(reason);
  }
}
