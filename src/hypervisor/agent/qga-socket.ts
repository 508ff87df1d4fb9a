import { randomInt } from "node:crypto";
import { once } from "node:events";
import type { Socket } from "node:net";
import { connectOwn } from "#base/own-socket";
import type { Clock } from "#base/clock";
import { parseAnswer, type QgaAnswer } from "./qga-answer.ts";

/** Bytes: an answer with 16 MiB of output and as much of errors, in base64; and any other answer. */
export const longAnswer = 48 * 1024 * 1024;
const shortAnswer = 1024 * 1024;
/** Bytes of answers to an earlier host that are passed over. */
const longestRest = 2 * longAnswer;
/** Ends whatever the agent was reading, and comes before what answers a sync. No JSON text has it. */
const sentinel = 0xff;
/** Milliseconds without an answer after which a sync tells whether the agent that was asked is still there. */
const patience = 1000;

interface Reader {
  readonly line: PromiseWithResolvers<Buffer>;
  readonly longest: number;
}

/**
 * One connection to QEMU's guest agent: a line of JSON each way, one call at a time.
 *
 *   host                                      agent
 *    | 0xFF guest-sync-delimited id        --> |   forgets half a line of an earlier host
 *    | <-- (rests of earlier answers) 0xFF id  |   the host throws away all before the 0xFF
 *    | call                                --> |
 *    | <-- return or error                     |
 *
 * What comes is a guest's word: no line is longer than the call's answer may be, none has more parts than
 * an honest one, and what nobody asked for stays in the socket.
 */
export class QgaSocket {
  readonly #socket: Socket;
  #chunks: Buffer[] = [];
  #length = 0;
  #reader: Reader | undefined;
  #error: unknown;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.pause();
    socket.on("data", (bytes: Buffer) => this.#take(bytes));
    socket.on("error", (error) => this.close(error));
    socket.on("close", () => this.close(new Error("the guest agent's socket was closed")));
  }

  /** @throws the system's error where nobody listens. */
  static async connect(path: string): Promise<QgaSocket> {
    const socket = connectOwn(path);
    await once(socket, "connect");
    return new QgaSocket(socket);
  }

  get isOpen(): boolean {
    return this.#error === undefined;
  }

  /** Resolves when the agent has answered; asks until then, as a guest that boots has no agent yet. */
  async sync(clock: Clock): Promise<void> {
    const over = new AbortController();
    let id = 0;
    void this.#insist(clock, over.signal, () => (id = this.#sync(Buffer.of(sentinel))));
    try {
      for (let passed = 0; passed <= longestRest;) {
        const line = await this.#line(longAnswer);
        // Older ones are answered first: after that of the newest nothing more is to come.
        if (delimited(line) === id) return;
        passed += line.length;
      }
      throw new RangeError("the guest agent says too much that it was not asked for");
    } finally {
      over.abort();
    }
  }

  /**
   * @throws RangeError where the answer makes no sense
   * @throws Error, and the connection is closed, where the agent that was asked has ended and another one
   * answers the sync that is sent after some silence: one that is only slow answers the call first.
   */
  async ask(clock: Clock, command: string, fields: object, longest = shortAnswer): Promise<QgaAnswer> {
    this.#send(command, fields);
    const over = new AbortController();
    let id: number | undefined;
    const doubt = () => (id = this.#sync());
    void clock.sleep(patience, over.signal).then(doubt, () => undefined);
    let first: Buffer;
    try {
      first = await this.#line(longest);
    } finally {
      over.abort();
    }
    if (id !== undefined) {
      if (delimited(first) === id) this.close(new Error("the agent that was asked has ended"));
      await this.#line(shortAnswer);
    }
    return parseAnswer(first);
  }

  /** For a command that is answered only where it fails. A sync behind it tells that it did not. */
  async tell(command: string, fields: object): Promise<QgaAnswer> {
    this.#send(command, fields);
    const id = this.#sync();
    const first = await this.#line(shortAnswer);
    if (delimited(first) === id) return { return: undefined };
    await this.#line(shortAnswer);
    return parseAnswer(first);
  }

  close(reason: unknown = new Error("the connection was closed")): void {
    if (this.#error !== undefined) return;
    this.#error = reason;
    this.#chunks = [];
    this.#reader?.line.reject(reason);
    this.#socket.destroy();
  }

  #send(command: string, fields: object): void {
    this.#socket.write(`${JSON.stringify({ execute: command, arguments: fields })}\n`);
  }

  #sync(before: Uint8Array = Buffer.alloc(0)): number {
    const id = randomInt(1, 2 ** 31);
    this.#socket.write(before);
    this.#send("guest-sync-delimited", { id });
    return id;
  }

  async #insist(clock: Clock, over: AbortSignal, say: () => void): Promise<void> {
    while (!over.aborted && this.isOpen) {
      // A guest that has not read the last one reads no other.
      if (this.#socket.writableLength === 0) say();
      await clock.sleep(patience, over).catch(() => undefined);
    }
  }

  #line(longest: number): Promise<Buffer> {
    if (this.#error !== undefined) return Promise.reject(this.#error);
    const line = Promise.withResolvers<Buffer>();
    this.#reader = { line, longest };
    const rest = Buffer.concat(this.#chunks.splice(0));
    this.#length = 0;
    this.#take(rest);
    if (this.#reader) this.#socket.resume();
    return line.promise;
  }

  #take(bytes: Buffer): void {
    const end = this.#reader ? bytes.indexOf(0x0a) : -1;
    const part = end < 0 ? bytes : bytes.subarray(0, end);
    this.#chunks.push(part);
    this.#length += part.length;
    if (!this.#reader) return;
    if (this.#length > this.#reader.longest)
      return this.close(new RangeError("the guest agent's answer is too long"));
    if (end < 0) return;
    const { line } = this.#reader;
    this.#reader = undefined;
    this.#socket.pause();
    line.resolve(Buffer.concat(this.#chunks));
    this.#chunks = end + 1 < bytes.length ? [bytes.subarray(end + 1)] : [];
  }
}

/** The id that a line answers a sync with; undefined for every other line, whatever it is. */
function delimited(line: Buffer): unknown {
  const at = line.lastIndexOf(sentinel);
  if (at < 0) return undefined;
  try {
    return parseAnswer(line.subarray(at + 1)).return;
  } catch {
    return undefined;
  }
}
