import type { ErrorParams } from "#contract/errors";
import { LodgeError } from "#contract/errors";
import { IncomingStream } from "./incoming-stream.ts";
import { OutgoingStream } from "./outgoing-stream.ts";
import { decodePosition, encodePosition, Fields, frameType } from "./protocol.ts";

/** How a refusal by the agent is told to a user. */
export type Refusal = (code: string, reason: string) => LodgeError;

export type Send = (type: number, channel: number, payload: Uint8Array) => void;

/** How many bytes of each stream an earlier host's end of a channel has had. */
export interface Positions {
  readonly stdout: number;
  readonly stderr: number;
}

/**
 * One command, copy or request on the link.
 *
 *   asked ── OPENED ──> open ── RESULT or FAIL ──> settled ── streams read to their ends ──> closed
 *
 * After every WELCOME it tells its state again: OPEN where nothing was answered, else ATTACH with how far
 * its streams have come.
 */
export class Channel {
  readonly id: number;
  readonly stdin: OutgoingStream;
  readonly stdout: IncomingStream;
  readonly stderr: IncomingStream;
  readonly opened = Promise.withResolvers<Fields>();
  readonly result = Promise.withResolvers<Fields>();
  /** Called once, when the agent need not keep anything for this channel any more. */
  onClosed: () => void = () => undefined;
  readonly #request: Buffer | undefined;
  readonly #send: Send;
  readonly #refusal: Refusal;
  #isOpen = false;
  #settled = false;
  #closed = false;

  /** @param request the OPEN's fields; undefined attaches to a channel that the agent has already. */
  constructor(id: number, request: Buffer | undefined, send: Send, refusal: Refusal, from?: Positions) {
    this.id = id;
    this.#request = request;
    this.#send = send;
    this.#refusal = refusal;
    this.#isOpen = request === undefined;
    // Whoever wants to know awaits them; a channel that nobody awaits must not end the process.
    this.opened.promise.catch(() => undefined);
    this.result.promise.catch(() => undefined);
    this.stdin = new OutgoingStream({
      data: (offset, bytes) => send(frameType.data, id, encodePosition(0, offset, bytes)),
      end: (offset) => send(frameType.eof, id, encodePosition(0, offset)),
    });
    this.stdout = new IncomingStream(from?.stdout ?? 0, (offset) => this.#acknowledge(1, offset));
    this.stderr = new IncomingStream(from?.stderr ?? 0, (offset) => this.#acknowledge(2, offset));
  }

  /** The link is up, for the first time or again. */
  tell(): void {
    if (this.#closed) return;
    this.stdin.hold();
    if (!this.#isOpen && this.#request) return this.#send(frameType.open, this.id, this.#request);
    const have = Buffer.allocUnsafe(16);
    have.writeBigUInt64BE(BigInt(this.stdout.received), 0);
    have.writeBigUInt64BE(BigInt(this.stderr.received), 8);
    this.#send(frameType.attach, this.id, have);
  }

  /** @throws RangeError where the frame makes no sense. */
  receive(type: number, payload: Buffer): void {
    switch (type) {
      case frameType.opened: {
        const fields = new Fields(payload);
        const streams = fields.text("streams") ?? "";
        if (!streams.includes("1")) this.stdout.end();
        if (!streams.includes("2")) this.stderr.end();
        this.#isOpen = true;
        this.stdin.resume(fields.number("stdin") ?? 0);
        return this.opened.resolve(fields);
      }
      case frameType.data: {
        const { stream, offset, bytes } = decodePosition(payload);
        return this.#stream(stream).receive(offset, bytes);
      }
      case frameType.eof: {
        this.#stream(decodePosition(payload).stream).end();
        return this.#closeIfDone();
      }
      case frameType.ack:
        return this.stdin.acknowledge(decodePosition(payload).offset);
      case frameType.result: {
        const fields = new Fields(payload);
        return this.#settle(() => this.result.resolve(fields));
      }
      case frameType.fail: {
        const fields = new Fields(payload);
        const reason = fields.text("reason") ?? "unknown";
        // It becomes a part of an operation, which is kept.
        this.fail(this.#refusal(fields.text("code") ?? "", reason.slice(0, longestReason)));
        return this.close(0);
      }
    }
  }

  /** It is over, without a result. */
  fail(error: LodgeError): void {
    this.opened.reject(error);
    this.stdout.fail(error);
    this.stderr.fail(error);
    this.#settle(() => this.result.reject(error));
  }

  /** Lets go of it: what still comes is thrown away. `signal` (0: none) goes to a process that runs yet. */
  close(signal: number): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#isOpen) this.#send(frameType.close, this.id, Uint8Array.of(signal));
    this.stdin.closeReader();
    this.stdout.discard();
    this.stderr.discard();
    this.onClosed();
  }

  control(payload: Buffer): void {
    if (!this.#settled) this.#send(frameType.control, this.id, payload);
  }

  #stream(number: number): IncomingStream {
    return number === 2 ? this.stderr : this.stdout;
  }

  #acknowledge(stream: number, offset: number): void {
    if (!this.#closed) this.#send(frameType.ack, this.id, encodePosition(stream, offset));
    this.#closeIfDone();
  }

  #settle(tell: () => void): void {
    if (this.#settled) return;
    this.#settled = true;
    tell();
    this.stdin.closeReader();
    this.#closeIfDone();
  }

  #closeIfDone(): void {
    if (!this.#settled) return;
    if (!this.#isOpen || (this.stdout.finished && this.stderr.finished)) this.close(0);
  }
}

/** Characters of what an agent says about what went wrong. */
const longestReason = 1000;

/** The agent's words for what went wrong, as the catalogue's. */
export function refusalFor(guest: string, about: ErrorParams): Refusal {
  return (code, reason) => {
    const params = { guest, reason, command: "", path: "", port: 0, ...about };
    switch (code) {
      case "not_found":
      case "exec":
      case "no_user":
        return new LodgeError("agent.command_not_found", params);
      case "file":
        return new LodgeError("agent.file", params);
      case "port":
        return new LodgeError("port.refused", params);
      case "broken":
        return new LodgeError("port.broken", params);
      case "busy":
        return new LodgeError("agent.busy", params);
      case "frozen":
        return new LodgeError("agent.frozen", params);
      case "freeze":
        return new LodgeError("agent.freeze_failed", params);
      case "lost":
      case "no_channel":
        return new LodgeError("agent.lost", params, { detail: reason });
      case "unsupported":
        return new LodgeError("agent.unsupported", { guest, what: String(about["what"] ?? "do that") });
      default:
        return new LodgeError("agent.refused", params);
    }
  };
}
