import { randomBytes, randomInt } from "node:crypto";
import { constants } from "node:os";
import type { ErrorParams } from "#contract/errors";
import { LodgeError } from "#contract/errors";
import { systemClock, type Clock } from "#base/clock";
import { withDeadline } from "./deadline.ts";
import { Channel, refusalFor, type Positions } from "./channel.ts";
import { ExecSession, execFields, type ExecExit, type ExecRequest } from "./exec-session.ts";
import { parseFacts, type GuestFacts } from "./facts.ts";
import { identityFields, type Identity } from "./identity.ts";
import { AgentLink, type Welcome } from "./link.ts";
import { encodeFields, Fields, frameType, type FieldList } from "./protocol.ts";

/** Milliseconds. */
const callTimeout = 30_000;

export interface AgentOptions {
  /** QEMU's unix socket for the port org.lodge.agent.0. */
  readonly path: string;
  /** The guest's name, for errors. */
  readonly guest: string;
  /**
   * Who speaks. A client with the session of an earlier one may attach to its commands; another session
   * makes the agent forget them (their processes live on). Default: a new one.
   */
  readonly session?: string;
  readonly clock?: Clock;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds until the call is given up. Default 30,000. */
  readonly timeout?: number;
}

export interface RunOptions extends CallOptions, Omit<ExecRequest, "argv" | "tty" | "stdin" | "login"> {
  readonly input?: string | Uint8Array;
  /** Bytes of each of output and errors that are kept; the rest is thrown away. Default 1 MiB. */
  readonly limit?: number;
}

export interface RunResult {
  readonly exit: ExecExit;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  /** Was some of the output beyond the limit? */
  readonly truncated: boolean;
}

/**
 * The host's end of a guest's agent. One per guest: QEMU takes one connection.
 *
 * Connects when first needed and again whenever the connection breaks; commands go on meanwhile. A guest
 * that starts anew ends every open call with agent.lost. Protocol: see `agent/lodge-agent`.
 */
export class AgentClient {
  readonly session: string;
  readonly #guest: string;
  readonly #clock: Clock;
  readonly #link: AgentLink;
  readonly #channels = new Map<number, Channel>();
  readonly #pings = new Map<string, () => void>();

  constructor(options: AgentOptions) {
    this.session = options.session ?? randomBytes(16).toString("hex");
    this.#guest = options.guest;
    this.#clock = options.clock ?? systemClock;
    this.#link = new AgentLink({
      path: options.path,
      guest: options.guest,
      session: this.session,
      clock: this.#clock,
      events: {
        welcome: (welcome, resumed) => this.#welcomed(welcome, resumed),
        frame: (frame) => this.#received(frame.type, frame.channel, frame.payload),
        lost: (error) => this.#failAll(error),
      },
    });
  }

  /** Resolves when the agent has answered; tries until then, as a guest that boots has no agent yet. */
  hello(options: CallOptions = {}): Promise<Welcome> {
    return this.#link.whenUp(options.timeout ?? callTimeout, options.signal);
  }

  /** Is the agent there, now? Milliseconds of the round trip. */
  async ping(options: CallOptions = {}): Promise<number> {
    await this.hello(options);
    const start = this.#clock.monotonic();
    const nonce = randomBytes(8);
    const answer = Promise.withResolvers<void>();
    this.#pings.set(nonce.toString("hex"), answer.resolve);
    try {
      this.#link.send(frameType.ping, 0, nonce);
      await this.#answer(answer.promise, options);
    } finally {
      this.#pings.delete(nonce.toString("hex"));
    }
    return this.#clock.monotonic() - start;
  }

  /** Starts a command; resolves when it runs. @throws LodgeError agent.command_not_found, agent.busy */
  async exec(request: ExecRequest, options: CallOptions = {}): Promise<ExecSession> {
    await this.hello(options);
    const command = request.argv[0] ?? "login shell";
    const channel = this.open(execFields(request), { command, what: "run commands" });
    return this.#session(channel, "SIGKILL", options);
  }

  /**
   * Takes a command up again that an earlier client of the same session started.
   *
   * @throws LodgeError agent.lost where the agent has it no more, or not its output from there on.
   */
  async attach(id: number, from: Positions, options: CallOptions = {}): Promise<ExecSession> {
    await this.hello(options);
    const channel = new Channel(id, undefined, this.#send, refusalFor(this.#guest, {}), from);
    return this.#session(this.#add(channel), undefined, options);
  }

  /**
   * Runs a command to its end.
   *
   * @throws LodgeError agent.command_timeout: a command that takes longer than `timeout` is killed
   *   (default 60,000 ms; 0: no limit), as it is when the signal aborts.
   */
  async runToEnd(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    const { input, limit = 1_048_576, timeout = 60_000, signal, ...request } = options;
    const session = await this.exec({ ...request, argv, stdin: input !== undefined }, { signal });
    try {
      if (input !== undefined) session.stdin.end(input);
      const ends = [session.exit, collect(session.stdout, limit), collect(session.stderr, limit)] as const;
      const [exit, out, err] = await withDeadline(Promise.all(ends), {
        clock: this.#clock,
        timeout,
        signal,
        late: () =>
          new LodgeError("agent.command_timeout", {
            guest: this.#guest,
            command: argv[0] ?? "",
            seconds: timeout / 1000,
          }),
      });
      const truncated = out.truncated || err.truncated;
      return { exit, stdout: out.bytes, stderr: err.bytes, truncated };
    } finally {
      session.close("SIGKILL");
    }
  }

  /** @throws LodgeError agent.identity, naming everything that the guest could not take. */
  async identity(identity: Identity, options: CallOptions = {}): Promise<void> {
    const fields = await this.request({ do: "identity", ...identityFields(identity) }, {}, options);
    const skipped = fields.all("skipped").map(String);
    if (skipped.length === 0) return;
    throw new LodgeError("agent.identity", { guest: this.#guest, reason: skipped.join("; ") });
  }

  async facts(options: CallOptions = {}): Promise<GuestFacts> {
    return parseFacts(await this.request({ do: "facts" }, {}, options));
  }

  /** Forgets the connection. Commands go on in the guest; calls that wait end with agent.lost. */
  close(): void {
    this.#link.close();
  }

  /** A request with one answer. `about` says what an error is about: path, command, what. */
  async request(fields: FieldList, about: ErrorParams, options: CallOptions = {}): Promise<Fields> {
    await this.hello(options);
    const channel = this.open(fields, about);
    try {
      return await this.#answer(channel.result.promise, options);
    } finally {
      channel.close(0);
    }
  }

  /** A channel with streams, for the other verbs of this folder. */
  open(fields: FieldList, about: ErrorParams): Channel {
    let id: number;
    do id = randomInt(1, 2 ** 31);
    while (this.#channels.has(id));
    return this.#add(new Channel(id, encodeFields(fields), this.#send, refusalFor(this.#guest, about)));
  }

  async #session(
    channel: Channel,
    kill: NodeJS.Signals | undefined,
    options: CallOptions,
  ): Promise<ExecSession> {
    try {
      return new ExecSession(channel, await this.#answer(channel.opened.promise, options));
    } catch (error) {
      channel.close(kill ? constants.signals[kill] : 0);
      throw error;
    }
  }

  #answer<T>(promise: Promise<T>, options: CallOptions): Promise<T> {
    const timeout = options.timeout ?? callTimeout;
    const late = () => new LodgeError("agent.unreachable", { guest: this.#guest, seconds: timeout / 1000 });
    return withDeadline(promise, { clock: this.#clock, timeout, signal: options.signal, late });
  }

  readonly #send = (type: number, channel: number, payload: Uint8Array) =>
    this.#link.send(type, channel, payload);

  #add(channel: Channel): Channel {
    this.#channels.set(channel.id, channel);
    channel.onClosed = () => this.#channels.delete(channel.id);
    if (this.#link.isUp) channel.tell();
    return channel;
  }

  #welcomed(_welcome: Welcome, resumed: boolean): void {
    if (!resumed) return this.#failAll(new LodgeError("agent.lost", { guest: this.#guest }));
    for (const channel of this.#channels.values()) channel.tell();
  }

  #received(type: number, id: number, payload: Buffer): void {
    if (type === frameType.pong) return this.#pings.get(payload.toString("hex"))?.();
    const channel = this.#channels.get(id);
    try {
      channel?.receive(type, payload);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      channel?.fail(new LodgeError("agent.refused", { guest: this.#guest, reason }, { cause }));
      channel?.close(0);
    }
  }

  #failAll(error: LodgeError): void {
    for (const channel of this.#channels.values()) {
      channel.fail(error);
      channel.close(0);
    }
  }
}

/** All of a stream, of which `limit` bytes are kept. */
async function collect(
  stream: AsyncIterable<Buffer>,
  limit: number,
): Promise<{ bytes: Buffer; truncated: boolean }> {
  const chunks: Buffer[] = [];
  let length = 0;
  let truncated = false;
  for await (const chunk of stream) {
    const kept = chunk.subarray(0, limit - length);
    if (kept.length > 0) chunks.push(kept);
    length += kept.length;
    truncated ||= kept.length < chunk.length;
  }
  return { bytes: Buffer.concat(chunks), truncated };
}
