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
import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { connectOwn } from "#base/own-socket";
import { LodgeError } from "#contract/errors";
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
  return new LodgeError("host.qemu_failed", { command, class: error.class }, { detail: error.desc });
}

/** Characters; what QEMU says of all its block nodes is some hundred thousand. */
const longestLine = 16 * 1048576;

export class Monitor {
  readonly #socket: Socket;
  readonly #events = new EventEmitter();
  readonly #pending = new Map<number, Pending>();
  #next = 1;
  #closed = false;
  #input = "";
  readonly #ready: Promise<void>;
  #greeted!: () => void;
  /** QEMU's version, as it greets. */
  version = "";

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#events.setMaxListeners(100);
    this.#ready = new Promise((resolve) => (this.#greeted = resolve));
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => this.#receive(text));
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

  #receive(text: string): void {
    const lines = (this.#input + text).split("\n");
    this.#input = lines.pop() ?? "";
    try {
      for (const line of lines) if (line.trim() !== "") this.#handle(JSON.parse(line) as Message);
      if (this.#input.length > longestLine) throw new RangeError("a line of QEMU's has no end");
    } catch {
      // A guest may have taken QEMU over: what it says then is no reason to fail.
      this.#socket.destroy();
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
