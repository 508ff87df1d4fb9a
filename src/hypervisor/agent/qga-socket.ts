import { once } from "node:events";
import { connect, type Socket } from "node:net";

export interface QgaAnswer {
  readonly return?: unknown;
  readonly error?: { readonly class: string; readonly desc: string };
}

/** Bytes: an answer with 16 MiB of output and as much of errors, in base64. */
const longestAnswer = 48 * 1024 * 1024;
/** Ends whatever the agent was reading, and comes before what answers a sync. No JSON text has it. */
const sentinel = 0xff;

/**
 * One connection to QEMU's guest agent: a line of JSON each way, one call at a time.
 *
 *   host                                      agent
 *    | 0xFF guest-sync-delimited id        --> |   forgets half a line of an earlier host
 *    | <-- (rests of earlier answers) 0xFF id  |   the host throws away all before the 0xFF
 *    | call                                --> |
 *    | <-- return or error                     |
 */
export class QgaSocket {
  readonly #socket: Socket;
  readonly #chunks: Buffer[] = [];
  #length = 0;
  #waiting: PromiseWithResolvers<Buffer> | undefined;
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
    const socket = connect(path);
    await once(socket, "connect");
    return new QgaSocket(socket);
  }

  get isOpen(): boolean {
    return this.#error === undefined;
  }

  async sync(id: number): Promise<void> {
    this.#socket.write(Buffer.from([sentinel]));
    this.send("guest-sync-delimited", { id });
    for (;;) {
      const line = await this.#line();
      const start = line.lastIndexOf(sentinel);
      // What comes before are rests of answers to an earlier host.
      if (start < 0) continue;
      const answer = JSON.parse(line.toString("utf8", start + 1)) as QgaAnswer;
      if (answer.return === id) return;
    }
  }

  async ask(command: string, fields: Readonly<Record<string, unknown>>): Promise<QgaAnswer> {
    this.send(command, fields);
    return JSON.parse((await this.#line()).toString()) as QgaAnswer;
  }

  send(command: string, fields: Readonly<Record<string, unknown>>): void {
    this.#socket.write(`${JSON.stringify({ execute: command, arguments: fields })}\n`);
  }

  close(reason: unknown = new Error("the connection was closed")): void {
    if (this.#error !== undefined) return;
    this.#error = reason;
    this.#waiting?.reject(reason);
    this.#socket.destroy();
  }

  #line(): Promise<Buffer> {
    if (this.#error !== undefined) return Promise.reject(this.#error);
    const waiting = Promise.withResolvers<Buffer>();
    this.#waiting = waiting;
    this.#tell();
    if (this.#waiting) this.#socket.resume();
    return waiting.promise;
  }

  #take(bytes: Buffer): void {
    this.#chunks.push(bytes);
    this.#length += bytes.length;
    if (this.#length > longestAnswer)
      return this.close(new RangeError("the guest agent's answer is too long"));
    if (bytes.includes(0x0a)) this.#tell();
  }

  /** What nobody waits for stays in the socket. */
  #tell(): void {
    if (!this.#waiting) return;
    const all = Buffer.concat(this.#chunks);
    const end = all.indexOf(0x0a);
    if (end < 0) return;
    this.#socket.pause();
    this.#chunks.splice(0, this.#chunks.length, all.subarray(end + 1));
    this.#length = all.length - end - 1;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting.resolve(all.subarray(0, end));
  }
}
