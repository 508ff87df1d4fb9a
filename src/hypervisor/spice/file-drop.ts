/**
 * A file into the desktop of whoever is signed in at it, where SPICE's agent puts it into his downloads:
 *
 *   Lodge                                  agent
 *     | -- start: id, name, size ------------> |
 *     | <- status: may send ------------------ |   or why not: then nothing was sent yet
 *     | -- data, data, … --------------------> |
 *     | <- status: success ------------------- |   or why not
 *     | -- status: cancelled ----------------> |   whenever it is given up here
 */
import type { SpiceAgent } from "./spice-agent.ts";
import { fileResult, longestFileData, messageType, u32 } from "./protocol.ts";

export type DropFailure = keyof typeof fileResult | "gone" | "silent" | "cut";

export class DropError extends Error {
  readonly failure: DropFailure;
  /** Nothing of the file was taken yet: it can still be brought there in another way. */
  readonly early: boolean;

  constructor(failure: DropFailure, early: boolean) {
    super(failure);
    this.failure = failure;
    this.early = early;
  }
}

export interface DroppedFile {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
}

/** Milliseconds for the agent to say whether it takes a file, and to take or write anything of it. */
const startPatience = 5_000;
const patience = 60_000;

const nameOf = (result: number): DropFailure =>
  (Object.keys(fileResult) as (keyof typeof fileResult)[]).find((name) => fileResult[name] === result) ??
  "error";

/** As GLib's key files have it: what ends a line or a string would say something else. */
const startText = ({ name, size }: DroppedFile): Buffer =>
  Buffer.from(`[vdagent-file-xfer]\nname=${name.replaceAll("\\", "\\\\")}\nsize=${size}\n\0`);

function dataHead(id: number, size: number): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt32LE(id, 0);
  head.writeBigUInt64LE(BigInt(size), 4);
  return head;
}

/** Resolves once the agent has all of it. @throws DropError, the signal's reason, what `content` throws */
export async function dropFile(
  agent: SpiceAgent,
  file: DroppedFile,
  content: AsyncIterable<Buffer>,
  signal: AbortSignal,
): Promise<void> {
  const transfer = new Transfer(agent, signal);
  try {
    await transfer.begin(file);
    await transfer.send(file, content);
  } catch (error) {
    transfer.cancel();
    throw error;
  } finally {
    transfer.close();
  }
}

class Transfer {
  readonly #agent: SpiceAgent;
  readonly #signal: AbortSignal;
  readonly #id: number;
  readonly #deaf: () => void;
  readonly #onAbort: () => void;
  #maySend = false;
  #over: DropFailure | undefined;
  #wake: () => void = () => undefined;

  constructor(agent: SpiceAgent, signal: AbortSignal) {
    this.#agent = agent;
    this.#signal = signal;
    this.#id = agent.newFile();
    const wake = () => this.#wake();
    this.#onAbort = wake;
    this.#deaf = agent.listen({
      fileStatus: (id, result) => {
        if (id !== this.#id) return;
        if (result === fileResult.canSend) this.#maySend = true;
        else this.#over ??= nameOf(result);
        wake();
      },
      turned: () => {
        if (!agent.answers) this.#over ??= "gone";
        wake();
      },
      drained: wake,
    });
    signal.addEventListener("abort", wake);
  }

  async begin(file: DroppedFile): Promise<void> {
    this.#agent.sayOfFile(messageType.fileStart, u32(this.#id), startText(file));
    await this.#until(() => this.#maySend, startPatience, true);
  }

  async send({ size }: DroppedFile, content: AsyncIterable<Buffer>): Promise<void> {
    let left = size;
    // An empty file has one message all the same.
    if (size === 0) this.#agent.sayOfFile(messageType.fileData, dataHead(this.#id, 0));
    for await (const bytes of content) {
      if (bytes.length > left) throw new DropError("cut", false);
      left -= bytes.length;
      for (let at = 0; at < bytes.length; at += longestFileData) {
        await this.#until(() => !this.#agent.isBusy, patience);
        const piece = bytes.subarray(at, at + longestFileData);
        this.#agent.sayOfFile(messageType.fileData, dataHead(this.#id, piece.length), piece);
      }
    }
    if (left > 0) throw new DropError("cut", false);
    await this.#until(() => this.#over === "success", patience);
  }

  cancel(): void {
    if (this.#over === undefined)
      this.#agent.sayOfFile(messageType.fileStatus, u32(this.#id, fileResult.cancelled));
  }

  close(): void {
    this.#deaf();
    this.#signal.removeEventListener("abort", this.#onAbort);
  }

  async #until(holds: () => boolean, within: number, early = false): Promise<void> {
    const end = performance.now() + within;
    for (;;) {
      this.#signal.throwIfAborted();
      if (this.#over !== undefined && this.#over !== "success") throw new DropError(this.#over, early);
      if (holds()) return;
      const left = end - performance.now();
      if (left <= 0) throw new DropError("silent", early);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => (clearTimeout(timer), resolve());
      });
      this.#wake = () => undefined;
    }
  }
}
