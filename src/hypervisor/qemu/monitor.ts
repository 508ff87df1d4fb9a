/**
 * The QEMU Machine Protocol (QMP) over a unix socket: docs/interop/qmp-spec in QEMU's tree.
 *
 *   QEMU                                   Lodge
 *     | --- {"QMP": {"version": …}} -------> |   greeting
 *     | <-- {"execute": "qmp_capabilities"}  |
 *     | --- {"return": {}} ----------------> |
 *     | <-- {"execute": …, "id": n} -------- |   commands, answered by id
 *     | --- {"return"|"error": …, "id": n} > |
 *     | --- {"event": "STOP", …} ----------> |   at any time
 *
 * QEMU serves one monitor client at a time; a daemon that was restarted connects anew.
 */
import { EventEmitter, once } from "node:events";
import type { Socket } from "node:net";
import { connectOwn } from "#base/own-socket";
import { LodgeError } from "#contract/errors";
import { Allowance } from "#base/allowance";
import { retry } from "#base/retry";
import { systemClock } from "#base/clock";

export interface QmpEvent {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** Milliseconds since the epoch, QEMU's clock. */
  readonly at: number;
}

interface Pending {
  readonly command: string;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

interface Message {
  QMP?: { version: { qemu: { major: number; minor: number; micro: number } } };
  id?: number;
  return?: unknown;
  error?: { class: string; desc: string };
  event?: string;
  data?: Record<string, unknown>;
  timestamp?: { seconds: number; microseconds: number };
}

/** A QMP command that QEMU refused; `qemuClass` and `description` are its own words. */
function refused(command: string, error: { class: string; desc: string }): LodgeError {
  const [kind, detail] = [String(error.class).slice(0, 100), error.desc.slice(0, 4000)];
  return new LodgeError("host.qemu_failed", { command, class: kind }, { detail });
}

/** Bytes of the longest line: QEMU's description of its own commands has 200 KiB. */
const longestLine = 16 * 1024 * 1024;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A line as a message; undefined for an empty one, "none" for what is none of QMP's. */
function parseMessage(line: string): Message | undefined | "none" {
  if (line.trim() === "") return undefined;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return "none";
  }
  if (!isObject(value)) return "none";
  const { QMP, id, event, data = {}, timestamp = {}, error } = value;
  const right =
    (QMP === undefined || isGreeting(QMP)) &&
    (id === undefined || typeof id === "number") &&
    (event === undefined || typeof event === "string") &&
    isObject(data) &&
    isObject(timestamp) &&
    (error === undefined || (isObject(error) && typeof error["desc"] === "string"));
  return right ? (value as Message) : "none";
}

function isGreeting(value: unknown): boolean {
  const version = isObject(value) ? value["version"] : undefined;
  return isObject(version) && isObject(version["qemu"]);
}

export class Monitor {
  readonly #socket: Socket;
  readonly #events = new EventEmitter();
  readonly #pending = new Map<number, Pending>();
  #next = 1;
  #closed = false;
  /** What came of a line whose end is still to come, with room for more. */
  #line = Buffer.alloc(0);
  #length = 0;
  readonly #ready: Promise<void>;
  #greeted!: () => void;
  /** QEMU's version, as it greets. */
  version = "";

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#events.setMaxListeners(100);
    this.#ready = new Promise((resolve) => (this.#greeted = resolve));
    const allowance = new Allowance(performance.now());
    socket.on("data", (bytes: Buffer) => {
      this.#receive(bytes);
      const wait = allowance.take(performance.now(), bytes.length);
      if (wait > 0) this.#pauseFor(wait);
    });
    socket.on("error", () => this.#end());
    socket.on("close", () => this.#end());
  }

  /**
   * Connects and negotiates, trying again while the socket is not there yet.
   * @throws LodgeError host.qemu_gone when none answers within `timeout` ms.
   */
  static async connect(
    path: string,
    options: { timeout?: number; signal?: AbortSignal } = {},
  ): Promise<Monitor> {
    const timeout = options.timeout ?? 10_000;
    const open = () =>
      new Promise<Socket>((resolve, reject) => {
        const socket = connectOwn(path);
        socket.once("connect", () => resolve(socket));
        socket.once("error", reject);
      });
    let socket: Socket;
    try {
      socket = await retry(open, {
        clock: systemClock,
        first: 2,
        longest: 4,
        timeout,
        signal: options.signal,
      });
    } catch (error) {
      if (options.signal?.aborted) throw error;
      throw new LodgeError("host.qemu_gone", {}, { cause: error });
    }
    const monitor = new Monitor(socket);
    const timer = setTimeout(() => socket.destroy(), timeout);
    try {
      await Promise.race([monitor.#ready, monitor.closed()]);
      await monitor.execute("qmp_capabilities");
      return monitor;
    } catch (error) {
      socket.destroy();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Runs a command and returns what it returns. Throws host.qemu_failed or host.qemu_gone. */
  execute<T = unknown>(command: string, args?: Record<string, unknown>): Promise<T> {
    if (this.#closed) return Promise.reject(new LodgeError("host.qemu_gone"));
    const id = this.#next++;
    return new Promise<T>((resolve, reject) => {
      this.#pending.set(id, { command, resolve: resolve as (value: unknown) => void, reject });
      this.#socket.write(
        `${JSON.stringify({ execute: command, id, ...(args ? { arguments: args } : {}) })}\r\n`,
      );
    });
  }

  /**
   * Runs a command that takes more than its words: `send` gets the descriptor of the connection's socket and the
   * command's bytes. Nothing else is on its way then.
   *
   * @throws what `send` throws; host.qemu_failed, host.qemu_gone
   */
  async executeBy<T = unknown>(
    send: (socket: number, command: Buffer) => void,
    command: string,
    args: Record<string, unknown>,
  ): Promise<T> {
    while (this.#socket.writableLength > 0) await once(this.#socket, "drain");
    const { fd = -1 } =
      (this.#socket as unknown as { readonly _handle?: { readonly fd: number } })._handle ?? {};
    if (this.#closed || fd < 0) throw new LodgeError("host.qemu_gone");
    const id = this.#next++;
    const text = `${JSON.stringify({ execute: command, id, arguments: args })}\r\n`;
    const bytes = Buffer.alloc(Buffer.byteLength(text));
    bytes.write(text);
    return new Promise<T>((resolve, reject) => {
      this.#pending.set(id, { command, resolve: resolve as (value: unknown) => void, reject });
      try {
        send(fd, bytes);
      } catch (error) {
        this.#pending.delete(id);
        reject(error);
      }
    });
  }

  /** Calls the listener for every event until the returned function is called. */
  onEvent(listener: (event: QmpEvent) => void): () => void {
    this.#events.on("event", listener);
    return () => this.#events.off("event", listener);
  }

  /** Resolves with the first event for which `matches` holds; subscribe before causing it. */
  nextEvent(matches: (event: QmpEvent) => boolean, signal?: AbortSignal): Promise<QmpEvent> {
    return new Promise((resolve, reject) => {
      const stop = this.onEvent((event) => {
        if (!matches(event)) return;
        finish();
        resolve(event);
      });
      const onClose = () => {
        finish();
        reject(new LodgeError("host.qemu_gone"));
      };
      const onAbort = () => {
        finish();
        reject(signal?.reason);
      };
      const finish = () => {
        stop();
        this.#events.off("close", onClose);
        signal?.removeEventListener("abort", onAbort);
      };
      if (this.#closed) return onClose();
      if (signal?.aborted) return onAbort();
      this.#events.once("close", onClose);
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  /** Resolves once the connection has ended, for whatever reason. */
  closed(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return new Promise((resolve) => this.#events.once("close", resolve));
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Lets go of the monitor; QEMU goes on. */
  close(): void {
    this.#socket.destroy();
    this.#end();
  }

  /** Takes what came, as lines. QEMU may be its guest's by now: what it does not say so ends the connection. */
  #receive(bytes: Buffer): void {
    let rest = bytes;
    for (let end = rest.indexOf(0x0a); end >= 0 && !this.#closed; end = rest.indexOf(0x0a)) {
      const line = Buffer.concat([this.#line.subarray(0, this.#length), rest.subarray(0, end)]);
      this.#line = Buffer.alloc(0);
      this.#length = 0;
      rest = rest.subarray(end + 1);
      const message = parseMessage(line.toString());
      if (message === "none" || !this.#handled(message)) return void this.#socket.destroy();
    }
    if (this.#length + rest.length > longestLine) return void this.#socket.destroy();
    this.#keep(rest);
  }

  /** Byte by byte, too, it takes twice its length at most. */
  #keep(rest: Buffer): void {
    if (rest.length === 0) return;
    if (this.#length + rest.length > this.#line.length) {
      const room = Buffer.alloc(Math.max(2 * this.#line.length, this.#length + rest.length));
      this.#line.copy(room, 0, 0, this.#length);
      this.#line = room;
    }
    rest.copy(this.#line, this.#length);
    this.#length += rest.length;
  }

  /** One that tells more than anybody could read is not listened to for a while. */
  #pauseFor(milliseconds: number): void {
    this.#socket.pause();
    setTimeout(() => this.#socket.resume(), milliseconds).unref();
  }

  /** False where whoever listens could not make sense of it. */
  #handled(message: Message | undefined): boolean {
    try {
      if (message) this.#handle(message);
      return true;
    } catch {
      return false;
    }
  }

  #handle(message: Message): void {
    if (message.QMP) {
      const { major, minor, micro } = message.QMP.version.qemu;
      this.version = `${major}.${minor}.${micro}`;
      return this.#greeted();
    }
    if (message.event !== undefined) {
      const { seconds = 0, microseconds = 0 } = message.timestamp ?? {};
      const at = seconds * 1000 + microseconds / 1000;
      this.#events.emit("event", { event: message.event, data: message.data ?? {}, at } satisfies QmpEvent);
      return;
    }
    const pending = message.id === undefined ? undefined : this.#pending.get(message.id);
    if (!pending) return;
    this.#pending.delete(message.id!);
    if (message.error) pending.reject(refused(pending.command, message.error));
    else pending.resolve(message.return);
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const { reject } of this.#pending.values()) reject(new LodgeError("host.qemu_gone"));
    this.#pending.clear();
    this.#events.emit("close");
    this.#greeted();
  }
}
