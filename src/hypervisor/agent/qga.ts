import { randomInt } from "node:crypto";
import { LodgeError } from "#contract/errors";
import { systemClock, type Clock } from "#base/clock";
import { SerialQueue } from "#base/queue";
import { QgaSocket, type QgaAnswer } from "./qga-socket.ts";

/**
 * QEMU's own guest agent, for guests whose image was not made by Lodge (QEMU's docs/interop/qemu-ga.rst and
 * qga/qapi-schema.json). What it cannot do, and Lodge's agent can:
 *
 * - no streams: a command's input is given whole, its output comes when it has ended, at most 16 MiB
 * - no terminal, no signals, no other user, no working directory
 * - a command that outlives the connection cannot be taken up again
 * - one call at a time, and an image may forbid any of them
 */
export interface QgaOptions {
  /** QEMU's unix socket for the port org.qemu.guest_agent.0. */
  readonly path: string;
  /** The guest's name, for errors. */
  readonly guest: string;
  readonly clock?: Clock;
}

export interface QgaCall {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds; default 10,000. */
  readonly timeout?: number;
}

export interface QgaResult {
  readonly exit: { readonly code: number } | { readonly signal: number };
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  readonly truncated: boolean;
}

export interface QgaInterface {
  readonly name: string;
  readonly mac: string | undefined;
  /** With their prefix: 192.0.2.7/24 */
  readonly addresses: readonly string[];
}

/** Milliseconds between two looks at a running command. */
const firstLook = 20;
const longestPause = 500;
/** Bytes of a file in one call. */
const fileChunk = 49_152;

export class QgaClient {
  readonly #options: QgaOptions;
  readonly #clock: Clock;
  readonly #queue = new SerialQueue();
  #socket: QgaSocket | undefined;

  constructor(options: QgaOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** Is it there? @throws LodgeError agent.unreachable */
  async ping(call: QgaCall = {}): Promise<void> {
    await this.#call("guest-ping", {}, call);
  }

  /**
   * Runs a command to its end. `timeout` is for the command (default 60,000; 0: no limit); one that takes
   * longer goes on in the guest, as this agent cannot kill it.
   *
   * @throws LodgeError agent.command_not_found, agent.command_timeout
   */
  async runToEnd(
    argv: readonly string[],
    options: QgaCall & { input?: Uint8Array; env?: Readonly<Record<string, string>> } = {},
  ): Promise<QgaResult> {
    const { input, env, signal, timeout = 60_000 } = options;
    const [command = "", ...arg] = argv;
    const { pid } = await this.#call<{ pid: number }>(
      "guest-exec",
      {
        path: command,
        arg,
        env: Object.entries(env ?? {}).map(([key, value]) => `${key}=${value}`),
        ...(input ? { "input-data": Buffer.from(input).toString("base64") } : {}),
        "capture-output": true,
      },
      { signal },
      (reason) => new LodgeError("agent.command_not_found", { command, reason }),
    );
    const end = this.#clock.monotonic() + timeout;
    for (let pause = firstLook; ; pause = Math.min(pause * 1.5, longestPause)) {
      const status = await this.#call<ExecStatus>("guest-exec-status", { pid }, { signal });
      if (status.exited) return parseStatus(status);
      if (timeout > 0 && this.#clock.monotonic() > end) {
        const { guest } = this.#options;
        throw new LodgeError("agent.command_timeout", { guest, command, seconds: timeout / 1000 });
      }
      await this.#clock.sleep(pause, signal);
    }
  }

  /** @throws LodgeError agent.file */
  async *readFile(path: string, call: QgaCall = {}): AsyncGenerator<Buffer, void, undefined> {
    const handle = await this.#open(path, "r", call);
    try {
      for (;;) {
        const part = await this.#call<FilePart>("guest-file-read", { handle, count: fileChunk }, call);
        if (part.count > 0) yield Buffer.from(part["buf-b64"], "base64");
        if (part.eof) return;
      }
    } finally {
      await this.#call("guest-file-close", { handle }, {});
    }
  }

  /** Overwrites a file; one that is given up half-way stays half written. @throws LodgeError agent.file */
  async writeFile(path: string, content: AsyncIterable<Uint8Array>, call: QgaCall = {}): Promise<void> {
    const handle = await this.#open(path, "w", call);
    const refuse = (reason: string) => new LodgeError("agent.file", { path, reason });
    try {
      for await (const bytes of content) {
        for (let at = 0; at < bytes.length;) {
          const text = Buffer.from(bytes.subarray(at, at + fileChunk)).toString("base64");
          const fields = { handle, "buf-b64": text };
          at += (await this.#call<{ count: number }>("guest-file-write", fields, call, refuse)).count;
        }
      }
    } finally {
      await this.#call("guest-file-close", { handle }, {});
    }
  }

  /** @returns how many file systems were frozen. @throws LodgeError agent.freeze_failed */
  freeze(call: QgaCall = {}): Promise<number> {
    const { guest } = this.#options;
    const refuse = (reason: string) => new LodgeError("agent.freeze_failed", { guest, reason });
    return this.#call<number>("guest-fsfreeze-freeze", {}, call, refuse);
  }

  thaw(call: QgaCall = {}): Promise<number> {
    return this.#call<number>("guest-fsfreeze-thaw", {}, call);
  }

  /** Asks the guest to shut down. It answers nothing where it obeys. */
  async shutdown(mode: "powerdown" | "reboot", call: QgaCall = {}): Promise<void> {
    await this.#queue.run(async () => (await this.#connected(call)).send("guest-shutdown", { mode }));
  }

  /**
   * Sets the guest's clock. A guest without hwclock sets it and then says that it failed.
   *
   * @param time milliseconds since 1970; the agent takes nanoseconds
   */
  async setTime(time: number, call: QgaCall = {}): Promise<void> {
    await this.#call("guest-set-time", { time: Math.round(time) * 1_000_000 }, call);
  }

  async interfaces(call: QgaCall = {}): Promise<QgaInterface[]> {
    const list = await this.#call<readonly RawInterface[]>("guest-network-get-interfaces", {}, call);
    return list.map((it) => ({
      name: it.name,
      mac: it["hardware-address"],
      addresses: (it["ip-addresses"] ?? []).map((address) => `${address["ip-address"]}/${address.prefix}`),
    }));
  }

  close(): void {
    this.#socket?.close();
    this.#socket = undefined;
  }

  #open(path: string, mode: "r" | "w", call: QgaCall): Promise<number> {
    const refuse = (reason: string) => new LodgeError("agent.file", { path, reason });
    return this.#call<number>("guest-file-open", { path, mode }, call, refuse);
  }

  /** A call and its answer; the next one waits. After a failed one the connection begins anew. */
  #call<T>(
    command: string,
    fields: Readonly<Record<string, unknown>>,
    call: QgaCall,
    refuse?: (reason: string) => LodgeError,
  ): Promise<T> {
    return this.#queue.run(async () => {
      const socket = await this.#connected(call);
      const answer = await this.#within(call, socket, () => socket.ask(command, fields));
      if (answer.error) throw this.#refusal(command, answer.error, refuse);
      return answer.return as T;
    });
  }

  async #connected(call: QgaCall): Promise<QgaSocket> {
    if (this.#socket?.isOpen) return this.#socket;
    const { path, guest } = this.#options;
    const socket = await QgaSocket.connect(path).catch((cause: unknown) => {
      throw new LodgeError("agent.lost", { guest }, { cause });
    });
    await this.#within(call, socket, () => socket.sync(randomInt(2 ** 31)));
    this.#socket = socket;
    return socket;
  }

  async #within<T>(call: QgaCall, socket: QgaSocket, work: () => Promise<T>): Promise<T> {
    const timeout = call.timeout ?? 10_000;
    const { guest } = this.#options;
    const stop = new AbortController();
    const onAbort = () => socket.close(call.signal?.reason);
    call.signal?.throwIfAborted();
    call.signal?.addEventListener("abort", onAbort, { once: true });
    const late = new LodgeError("agent.unreachable", { guest, seconds: timeout / 1000 });
    this.#clock.sleep(timeout, stop.signal).then(
      () => socket.close(late),
      () => undefined,
    );
    try {
      return await work();
    } catch (cause) {
      socket.close();
      if (cause === call.signal?.reason || cause instanceof LodgeError) throw cause;
      throw new LodgeError("agent.lost", { guest }, { cause });
    } finally {
      stop.abort();
      call.signal?.removeEventListener("abort", onAbort);
    }
  }

  #refusal(
    command: string,
    error: NonNullable<QgaAnswer["error"]>,
    refuse?: (reason: string) => LodgeError,
  ): LodgeError {
    const { guest } = this.#options;
    if (error.class === "CommandNotFound") {
      return new LodgeError("agent.unsupported", { guest, what: `do ${command}` }, { detail: error.desc });
    }
    return refuse?.(error.desc) ?? new LodgeError("agent.refused", { guest, reason: error.desc });
  }
}

interface ExecStatus {
  readonly exited: boolean;
  readonly exitcode?: number;
  readonly signal?: number;
  readonly "out-data"?: string;
  readonly "err-data"?: string;
  readonly "out-truncated"?: boolean;
  readonly "err-truncated"?: boolean;
}

interface FilePart {
  readonly count: number;
  readonly "buf-b64": string;
  readonly eof: boolean;
}

interface RawInterface {
  readonly name: string;
  readonly "hardware-address"?: string;
  readonly "ip-addresses"?: readonly { readonly "ip-address": string; readonly prefix: number }[];
}

const parseStatus = (status: ExecStatus): QgaResult => ({
  exit: status.signal === undefined ? { code: status.exitcode ?? -1 } : { signal: status.signal },
  stdout: Buffer.from(status["out-data"] ?? "", "base64"),
  stderr: Buffer.from(status["err-data"] ?? "", "base64"),
  truncated: status["out-truncated"] === true || status["err-truncated"] === true,
});
