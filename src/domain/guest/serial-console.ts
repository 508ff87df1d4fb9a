/**
 * A guest's serial console. QEMU writes what it says to a log file, whoever listens; the console is that
 * file followed from some way back, and the socket for what is typed. Any number may watch, a daemon that
 * was away has missed nothing, and nothing comes twice.
 *
 * The socket is connected while somebody types and not longer. QEMU serves one connection at a time, others wait
 * for its end; and what it cannot write to a connection at once, since nobody reads as fast as the guest speaks, it
 * logs again with each try (chardev/char.c: qemu_chr_write_buffer).
 */
import { type FSWatcher, watch } from "node:fs";
import type { Socket } from "node:net";
import { connectOwn } from "#base/own-socket";
import { Duplex } from "node:stream";
import { LodgeError } from "#contract/errors";
import { LogReader } from "#hypervisor/host/log-file";

/**
 * Milliseconds for which what a guest says is gathered while it comes without a pause: QEMU writes it piece by
 * piece, tens of thousands in a second, and each would be a message of its own to whoever watches.
 */
const gathering = 10;

/** Milliseconds after the last key for which the socket stays connected. */
const typing = 50;

/** Milliseconds until a console that is over on another host is looked for again. */
const breath = 50;

export interface SerialPlace {
  readonly log: string;
  readonly socket: string;
}

export interface SerialOptions {
  /** Resolves when the guest has ended, and with it what it says. */
  readonly ended: Promise<unknown>;
  readonly signal: AbortSignal;
  /** Where its console goes on then, if it does: it is on another host. Asked again each time that it is over there, too. */
  readonly onward?: () => Promise<Duplex | undefined>;
}

/** Opens the console: `scrollback` bytes of what was said, then what comes; what is written is typed. */
export async function openSerial(
  place: SerialPlace,
  scrollback: number,
  options: SerialOptions,
): Promise<Duplex> {
  const log = await LogReader.open(place.log, scrollback);
  const console = new SerialConsole(log, place, options);
  void options.ended.then(() => console.finish());
  return console;
}

class SerialConsole extends Duplex {
  readonly #log: LogReader;
  readonly #place: SerialPlace;
  #wake: (() => void) | undefined;
  #reading = false;
  #over = false;
  readonly #onward: SerialOptions["onward"];
  /** Its console where it went, once it is over where it was. */
  #far = Promise.withResolvers<Duplex | undefined>();
  #farStream: Duplex | undefined;
  #keys: Socket | undefined;
  #pauseOfKeys: NodeJS.Timeout | undefined;

  constructor(log: LogReader, place: SerialPlace, { signal, onward }: SerialOptions) {
    super({ allowHalfOpen: false });
    this.#log = log;
    this.#place = place;
    this.#onward = onward;
    signal.addEventListener("abort", () => this.destroy(), { once: true });
  }

  /** The guest has ended: what is still in the log, then the end. */
  finish(): void {
    this.#over = true;
    this.#follow();
    this.#wake?.();
  }

  #follow(): void {
    const far = this.#onward?.() ?? Promise.resolve(undefined);
    far.catch(() => undefined).then(this.#far.resolve);
  }

  override _read(): void {
    if (this.#farStream) return void this.#farStream.resume();
    if (this.#reading) return;
    this.#reading = true;
    // A log that is closed while it is looked at is no error: then this is destroyed already.
    void this.#next()
      .catch((error: Error) => this.destroy(error))
      .finally(() => (this.#reading = false));
  }

  async #next(): Promise<void> {
    while (!this.destroyed && !this.readableEnded) {
      const over = this.#over;
      const bytes = await this.#log.read();
      if (bytes.length === 0) {
        if (over) return this.#goOn(await this.#far.promise);
        await this.#growth();
      } else {
        if (!this.push(bytes)) return;
        if (bytes.length < this.#log.most) await this.#pause(gathering);
      }
    }
  }

  /** All that was said here has been told: what is said there comes, or the end. */
  #goOn(far: Duplex | undefined): void {
    if (!far || this.destroyed) {
      far?.destroy();
      return void this.push(null);
    }
    this.#farStream = far;
    far.on("data", (bytes: Buffer) => void (this.push(bytes) || far.pause()));
    far.on("error", () => undefined);
    // A tunnel ends one way only: nothing that is typed is heard there any more either.
    far.once("end", () => far.destroy());
    far.once("close", () => this.#left());
  }

  /** It is over there, too: the guest has gone on from there, or come back, or has ended. */
  #left(): void {
    if (this.destroyed) return;
    this.#farStream = undefined;
    this.#far = Promise.withResolvers();
    // One that is over at once, again and again, shall not keep two hosts busy.
    setTimeout(() => this.#follow(), breath);
    this._read();
  }

  /** Resolves once there is more. The log is watched only here: not while it grows faster than it is read. */
  async #growth(): Promise<void> {
    const changed = new Promise<void>((resolve) => (this.#wake = resolve));
    const watcher = this.#watch();
    try {
      // Whatever came before it was watched, nobody tells of.
      if ((await this.#log.isAtEnd()) && !this.#over && !this.destroyed) await changed;
    } finally {
      watcher?.close();
    }
  }

  /** None where the log is gone, as its guest will be in a moment. */
  #watch(): FSWatcher | undefined {
    try {
      return watch(this.#place.log, () => this.#wake?.()).on("error", () => undefined);
    } catch {
      return undefined;
    }
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#wake = () => (clearTimeout(timer), resolve());
    });
  }

  override _write(data: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    clearTimeout(this.#pauseOfKeys);
    if (this.#over) return void this.#typeThere(data, done);
    this.#keys ??= this.#connect();
    this.#keys.write(data, (error) => {
      this.#pauseOfKeys = setTimeout(() => this.#disconnect(), typing);
      if (!error) done(null);
      else if (this.#onward) void this.#typeThere(data, done);
      else done(new LodgeError("host.qemu_gone", {}, { cause: error }));
    });
  }

  /** What is typed while it goes to another host waits until it is there. */
  async #typeThere(data: Buffer, done: (error?: Error | null) => void): Promise<void> {
    const far = await this.#far.promise;
    if (far && !far.destroyed) far.write(data, () => done(null));
    else done(new LodgeError("host.qemu_gone"));
  }

  #connect(): Socket {
    const socket = connectOwn(this.#place.socket);
    socket.on("error", () => undefined);
    socket.on("close", () => {
      if (this.#keys === socket) this.#keys = undefined;
    });
    return socket.resume();
  }

  /** QEMU reads what is under way to its end, and lets the next one in. */
  #disconnect(): void {
    this.#keys?.end();
    this.#keys = undefined;
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#wake?.();
    clearTimeout(this.#pauseOfKeys);
    this.#disconnect();
    this.#farStream?.destroy();
    this.#log.close().then(
      () => done(error),
      () => done(error),
    );
  }
}
