import { LodgeError } from "#contract/errors";
import { systemClock, type Clock } from "#base/clock";
import { SerialQueue } from "#base/queue";
import { withDeadline } from "./deadline.ts";
import type { QgaAnswer } from "./qga-answer.ts";
import { QgaSocket } from "./qga-socket.ts";

export interface QgaOptions {
  /** QEMU's unix socket for the port org.qemu.guest_agent.0. */
  readonly path: string;
  /** The guest's name, for errors. */
  readonly guest: string;
  readonly clock?: Clock;
}

export interface QgaCall {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds, with what the calls before it take; default 10,000. 0: no limit. */
  readonly timeout?: number;
}

export interface QgaQuestion<T> extends QgaCall {
  /** @throws RangeError where the answer makes no sense. */
  readonly parse: (value: unknown) => T;
  /** The agent's words for a failure, as the catalogue's; default agent.refused. */
  readonly refuse?: (reason: string) => LodgeError;
  /** Bytes of the longest answer. */
  readonly longest?: number;
}

/** Milliseconds. */
const callTimeout = 10_000;

/**
 * QEMU's own guest agent, for guests whose image was not made by Lodge (QEMU's docs/interop/qemu-ga.rst and
 * qga/qapi-schema.json). What it cannot do, and Lodge's agent can:
 *
 * - no streams: a command's input is given whole, its output comes when it has ended, at most 16 MiB
 * - no terminal, no signals, no other user, no working directory
 * - a command that outlives the connection cannot be taken up again
 * - one call at a time, and an image may forbid any of them
 *
 * Connects when first needed. After a call that failed without an answer the connection begins anew, so
 * that no late answer is taken for another's.
 */
export class QgaClient {
  readonly guest: string;
  readonly clock: Clock;
  /** Aborted by close(). */
  readonly closed: AbortSignal;
  readonly #path: string;
  readonly #queue = new SerialQueue();
  readonly #closing = new AbortController();
  #socket: QgaSocket | undefined;

  constructor(options: QgaOptions) {
    this.guest = options.guest;
    this.clock = options.clock ?? systemClock;
    this.closed = this.#closing.signal;
    this.#path = options.path;
  }

  /** Resolves when the agent has answered, now. @throws LodgeError agent.unreachable, agent.lost */
  answer(call: QgaCall = {}): Promise<void> {
    return this.#within(call, async (signal) => {
      if (!(await this.#connected(signal))) await this.#socket?.sync(this.clock);
    });
  }

  /** @throws LodgeError agent.unsupported where the agent does not know the command or must not obey it. */
  async call<T>(command: string, fields: object, question: QgaQuestion<T>): Promise<T> {
    const answer = await this.#within(question, async (signal) => {
      await this.#connected(signal);
      return this.#socket!.ask(this.clock, command, fields, question.longest);
    });
    return this.#read(command, answer, question);
  }

  /** Gives an order that is answered only where it fails. */
  async order(command: string, fields: object, call: QgaCall = {}): Promise<void> {
    const answer = await this.#within(call, async (signal) => {
      await this.#connected(signal);
      return this.#socket!.tell(command, fields);
    });
    this.#read(command, answer, { parse: () => undefined });
  }

  close(): void {
    this.#closing.abort(new LodgeError("agent.lost", { guest: this.guest }));
    this.#socket?.close();
  }

  #read<T>(command: string, { error, return: value }: QgaAnswer, { parse, refuse }: QgaQuestion<T>): T {
    const { guest } = this;
    if (error?.class === "CommandNotFound")
      throw new LodgeError("agent.unsupported", { guest, what: `do ${command}` }, { detail: error.desc });
    if (error) {
      throw refuse?.(error.desc) ?? new LodgeError("agent.refused", { guest, reason: error.desc });
    }
    try {
      return parse(value);
    } catch (cause) {
      throw this.#nonsense(cause);
    }
  }

  /** @returns whether the connection is a new one, in which the agent has just answered. */
  async #connected(signal: AbortSignal): Promise<boolean> {
    if (this.#socket?.isOpen) return false;
    const socket = await QgaSocket.connect(this.#path);
    this.#socket = socket;
    if (signal.aborted) socket.close(signal.reason);
    await socket.sync(this.clock);
    return true;
  }

  /** Work on the connection, after the work that came before. Given up half-way, it ends the connection. */
  async #within<T>(call: QgaCall, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { timeout = callTimeout } = call;
    const over = new AbortController();
    const signals = [over.signal, this.closed, ...(call.signal ? [call.signal] : [])];
    const signal = AbortSignal.any(signals);
    const done = this.#queue.run(() => this.#alone(signal, work));
    done.catch(() => undefined);
    const late = () => new LodgeError("agent.unreachable", { guest: this.guest, seconds: timeout / 1000 });
    try {
      return await withDeadline(done, { clock: this.clock, timeout, signal: call.signal, late });
    } catch (error) {
      over.abort(error);
      throw error;
    }
  }

  async #alone<T>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const stop = () => this.#socket?.close(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    try {
      return await work(signal);
    } catch (cause) {
      this.#socket?.close();
      if (signal.aborted) throw signal.reason;
      if (cause instanceof RangeError) throw this.#nonsense(cause);
      throw new LodgeError("agent.lost", { guest: this.guest }, { cause });
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  #nonsense(cause: unknown): LodgeError {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new LodgeError("agent.bad_answer", { guest: this.guest, reason }, { cause });
  }
}
