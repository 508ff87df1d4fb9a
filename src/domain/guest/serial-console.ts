/**
 * A guest's serial console. QEMU writes what it says to a log file, whoever listens; the console is that
 * file followed from some way back, and the socket for what is typed. Any number may watch, a daemon that
 * was away has missed nothing, and nothing comes twice.
 */
import { open, type FileHandle } from "node:fs/promises";
import { watch } from "node:fs";
import { connect, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { LodgeError } from "#contract/errors";

const chunk = 65_536;

/** Opens the console: `scrollback` bytes of what was said, then what comes; what is written is typed. */
export async function openSerial(
  paths: { readonly log: string; readonly socket: string },
  scrollback: number,
  signal: AbortSignal,
): Promise<Duplex> {
  const log = await open(paths.log, "r");
  const { size } = await log.stat();
  const socket = connect(paths.socket);
  return new SerialConsole(log, paths.log, socket, Math.max(0, size - scrollback), signal);
}

class SerialConsole extends Duplex {
  readonly #log: FileHandle;
  readonly #socket: Socket;
  readonly #stop = new AbortController();
  #offset: number;
  #wake: (() => void) | undefined;
  #reading = false;

  constructor(log: FileHandle, path: string, socket: Socket, offset: number, signal: AbortSignal) {
    super({ allowHalfOpen: false });
    this.#log = log;
    this.#socket = socket;
    this.#offset = offset;
    watch(path, { signal: this.#stop.signal }, () => this.#wake?.()).on("error", () => undefined);
    socket.on("error", () => this.destroy(new LodgeError("host.qemu_gone")));
    socket.on("close", () => void this.#finish());
    socket.resume();
    signal.addEventListener("abort", () => this.destroy(), { once: true });
  }

  override _read(): void {
    if (this.#reading) return;
    this.#reading = true;
    // A log that is closed while it is looked at is no error: then this is destroyed already.
    void this.#next()
      .catch((error: Error) => this.destroy(error))
      .finally(() => (this.#reading = false));
  }

  async #next(): Promise<void> {
    while (!this.destroyed && !this.readableEnded) {
      const changed = new Promise<void>((resolve) => (this.#wake = resolve));
      const { bytesRead, buffer } = await this.#log.read(Buffer.alloc(chunk), 0, chunk, this.#offset);
      if (bytesRead > 0) {
        this.#offset += bytesRead;
        if (!this.push(buffer.subarray(0, bytesRead))) return;
        continue;
      }
      const { size } = await this.#log.stat();
      if (size < this.#offset) this.#offset = 0;
      else await changed;
    }
  }

  override _write(data: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(data, (error) => done(error));
  }

  /** The guest ended: what is still in the log, then the end. */
  async #finish(): Promise<void> {
    this.#wake?.();
    await new Promise((resolve) => setTimeout(resolve, 100));
    if (!this.destroyed) this.push(null);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#stop.abort();
    this.#wake?.();
    this.#socket.destroy();
    this.#log.close().then(
      () => done(error),
      () => done(error),
    );
  }
}
