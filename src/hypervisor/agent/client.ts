import { randomBytes, randomInt } from "node:crypto";
import { constants } from "node:os";
import type { Duplex } from "node:stream";
import type { ErrorParams } from "#contract/errors";
import { LodgeError } from "#contract/errors";
import { systemClock, type Clock } from "#base/clock";
import { withDeadline } from "./deadline.ts";
import { Channel, refusalFor, type Positions } from "./channel.ts";
import { ExecSession, execFields, type ExecRequest } from "./exec-session.ts";
import {
  fileReading,
  fileWriting,
  parseFileInfo,
  writeFields,
  type FileInfo,
  type FileReading,
  type FileWrite,
  type FileWriting,
} from "./file.ts";
import { growRoot } from "./grow.ts";
import { parseFacts, type GuestFacts } from "./facts.ts";
import { identityFields, type Identity } from "./identity.ts";
import { innerStream } from "#base/inner-stream";
import { AgentLink, type Onward, type Welcome } from "./link.ts";
import { encodeFields, Fields, frameType, maxPayload, type FieldList } from "./protocol.ts";
import { portStream } from "./port.ts";
import { Relays } from "./relays.ts";
import type { CallOptions, RunResult } from "./run-result.ts";

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
  /** Where a guest is reached that has gone to another host. */
  readonly onward?: Onward;
}

export interface RunOptions extends CallOptions, Omit<ExecRequest, "argv" | "tty" | "stdin" | "login"> {
  readonly input?: string | Uint8Array;
  /** Bytes of each of output and errors that are kept; the rest is thrown away. Default 1 MiB. */
  readonly limit?: number;
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
  readonly #relays: Relays;
  /** What it has begun is seen to its end, and nothing more. */
  #leaving = false;

  constructor(options: AgentOptions) {
    this.session = options.session ?? randomBytes(16).toString("hex");
    this.#guest = options.guest;
    this.#clock = options.clock ?? systemClock;
    this.#link = new AgentLink({
      path: options.path,
      guest: options.guest,
      session: this.session,
      clock: this.#clock,
      onward: options.onward ?? (() => Promise.resolve(undefined)),
      events: {
        welcome: (welcome, resumed) => this.#welcomed(welcome, resumed),
        frame: (frame) => this.#received(frame.type, frame.channel, frame.payload),
        lost: (error) => {
          this.#relays.end();
          this.#failAll(error);
        },
      },
    });
    this.#relays = new Relays({ session: this.session, hello: () => this.hello(), send: this.#send });
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
    const about = { command: request.argv[0] ?? "login shell", what: "run commands" };
    const channel = await this.#start(execFields(request), about, options);
    return new ExecSession(channel, await channel.opened.promise);
  }

  /**
   * Takes a command up again that an earlier client of the same session started. Its output goes on
   * where `from` says; its input where the session's `positions.stdin` says.
   *
   * @throws LodgeError agent.lost where the agent has it no more, or not its output from there on.
   */
  async attach(id: number, from: Positions, options: CallOptions = {}): Promise<ExecSession> {
    await this.hello(options);
    const channel = new Channel(id, undefined, this.#send, refusalFor(this.#guest, {}), from);
    await this.#opened(this.#add(channel), 0, options);
    return new ExecSession(channel, await channel.opened.promise);
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
    const skipped = fields
      .all("skipped")
      .map((each) => each.toString().slice(0, 200))
      .slice(0, 20);
    if (skipped.length === 0) return;
    throw new LodgeError("agent.identity", { guest: this.#guest, reason: skipped.join("; ") });
  }

  async facts(options: CallOptions = {}): Promise<GuestFacts> {
    const fields = await this.request({ do: "facts" }, {}, options);
    try {
      return parseFacts(fields);
    } catch (cause) {
      throw new LodgeError(
        "agent.refused",
        { guest: this.#guest, reason: "its facts make no sense" },
        { cause },
      );
    }
  }

  /** @throws LodgeError agent.file */
  async stat(path: string, options: CallOptions & { link?: boolean } = {}): Promise<FileInfo> {
    const fields = { do: "stat", path, link: options.link ? 1 : undefined };
    return parseFileInfo(await this.request(fields, { path }, options));
  }

  /** Opens a file of the guest to read it. @throws LodgeError agent.file */
  async readFile(path: string, options: CallOptions = {}): Promise<FileReading> {
    const channel = await this.#start({ do: "read", path }, { path }, options);
    return fileReading(channel, await channel.opened.promise);
  }

  /** Opens a file of the guest to write it. @throws LodgeError agent.file, agent.frozen */
  async writeFile(file: FileWrite, options: CallOptions = {}): Promise<FileWriting> {
    return fileWriting(await this.#start(writeFields(file), { path: file.path }, options));
  }

  /** Connects to what listens on a port of the guest's own. @throws LodgeError port.refused, agent.unsupported */
  async connect(port: number, options: CallOptions = {}): Promise<Duplex> {
    const about = { port, what: "connect to its ports" };
    return portStream(await this.#start({ do: "connect", port }, about, options));
  }

  /**
   * Freezes the guest's file systems: what is on its disks is whole. They thaw by themselves after
   * `seconds` (at most 600), so that a host which dies does not leave the guest frozen.
   *
   * @returns how many were frozen. @throws LodgeError agent.freeze_failed, with none of them frozen.
   */
  async freeze(seconds: number, options: CallOptions = {}): Promise<number> {
    return (await this.request({ do: "freeze", seconds }, {}, options)).number("frozen") ?? 0;
  }

  /** @returns how many were thawed: fewer than were frozen where the time was up. */
  async thaw(options: CallOptions = {}): Promise<number> {
    return (await this.request({ do: "thaw" }, {}, options)).number("thawed") ?? 0;
  }

  /**
   * Makes a template ready to be parked: disks written, caches dropped, and then in memory again what
   * the first command of every fork needs.
   */
  async quiesce(options: CallOptions = {}): Promise<void> {
    await this.request({ do: "quiesce" }, {}, options);
    for (const argv of [["true"], ["sh", "-c", "true"]]) await this.runToEnd(argv, options);
  }

  /** Asks the guest's system to shut down; resolves when it was asked. */
  async shutdown(mode: "poweroff" | "reboot", options: CallOptions = {}): Promise<void> {
    await this.request({ do: "shutdown", mode }, { what: "shut down" }, options);
  }

  /** Makes the root file system as large as its disk. @returns bytes. @throws LodgeError agent.unsupported */
  grow(options: CallOptions = {}): Promise<number> {
    return growRoot(this, this.#guest, options);
  }

  /** A way for another host's client of the same session, which goes on with what it had begun before the guest came here. */
  relay(): Duplex {
    return innerStream((stream) => this.#relays.serve(stream));
  }

  /** The guest's process here has ended. What was begun goes on where the guest is, if it went to another host. */
  leave(): void {
    this.#leaving = true;
    this.#relays.end();
    if (this.#channels.size === 0) this.close();
  }

  /** Forgets the connection. Commands go on in the guest; calls that wait end with agent.lost. */
  close(): void {
    this.#link.close();
  }

  /** A request with one answer. `about` says what an error is about: path, command, what. */
  async request(fields: FieldList, about: ErrorParams, options: CallOptions = {}): Promise<Fields> {
    await this.hello(options);
    const channel = this.#open(fields, about);
    try {
      return await this.#answer(channel.result.promise, options);
    } finally {
      channel.close(0);
    }
  }

  #open(fields: FieldList, about: ErrorParams): Channel {
    const request = encodeFields(fields);
    if (request.length > maxPayload) {
      const reason = `${request.length} bytes in one request, of at most ${maxPayload}`;
      throw new LodgeError("agent.refused", { guest: this.#guest, reason });
    }
    let id: number;
    do id = randomInt(1, 2 ** 31);
    while (this.#channels.has(id));
    return this.#add(new Channel(id, request, this.#send, refusalFor(this.#guest, about)));
  }

  /** A channel with streams, opened. */
  async #start(fields: FieldList, about: ErrorParams, options: CallOptions): Promise<Channel> {
    await this.hello(options);
    const channel = this.#open(fields, about);
    await this.#opened(channel, constants.signals.SIGKILL, options);
    return channel;
  }

  /** Where a channel does not open in time it is let go, and what it started gets the signal. */
  async #opened(channel: Channel, signal: number, options: CallOptions): Promise<void> {
    try {
      await this.#answer(channel.opened.promise, options);
    } catch (error) {
      channel.close(signal);
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
    channel.onClosed = () => {
      this.#channels.delete(channel.id);
      if (this.#leaving && this.#channels.size === 0) this.#link.finish();
    };
    if (this.#link.isUp) channel.tell();
    return channel;
  }

  #welcomed(_welcome: Welcome, resumed: boolean): void {
    this.#relays.anew();
    if (!resumed) return this.#failAll(new LodgeError("agent.lost", { guest: this.#guest }));
    for (const channel of this.#channels.values()) channel.tell();
  }

  #received(type: number, id: number, payload: Buffer): boolean {
    if (type === frameType.pong) {
      this.#pings.get(payload.toString("hex"))?.();
      return false;
    }
    const channel = this.#channels.get(id);
    if (!channel) return this.#relays.pass({ type, channel: id, payload }) && type === frameType.data;
    try {
      channel.receive(type, payload);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      channel.fail(new LodgeError("agent.refused", { guest: this.#guest, reason }, { cause }));
      channel.close(0);
    }
    return type === frameType.data;
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
