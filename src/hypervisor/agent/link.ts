import { randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { Allowance } from "#base/allowance";
import { connectOwn } from "#base/own-socket";
import { LodgeError } from "#contract/errors";
import type { Clock } from "#base/clock";
import { withDeadline } from "./deadline.ts";
import { FrameReader, type ReadFrame } from "./frame-reader.ts";
import { encodeFields, encodeFrame, Fields, frameType, headerSize, magic } from "./protocol.ts";

/** What the agent says of itself when a connection begins. */
export interface Welcome {
  /** Changes when the agent or the guest starts anew. */
  readonly boot: string;
  readonly version: number;
  /** Channels of this session that the agent still has. */
  readonly channels: readonly number[];
}

export interface LinkEvents {
  /** A connection has begun; `resumed` is false where the agent is another than before. */
  welcome(welcome: Welcome, resumed: boolean): void;
  /** Says whether it is a part of a stream that somebody reads: of those the readers are the bound. */
  frame(frame: ReadFrame): boolean;
  /** The guest's channel is gone and will not come back. */
  lost(error: LodgeError): void;
}

interface LinkOptions {
  path: string;
  guest: string;
  session: string;
  clock: Clock;
  events: LinkEvents;
  /** How the agent is reached once nobody listens here any more; undefined: not at all. */
  onward: Onward;
}

/** A way to the agent of a guest that has gone to another host, or has come back; undefined: there is none. */
export type Onward = (signal: AbortSignal) => Promise<Duplex | undefined>;

/** Milliseconds: between two HELLOs without an answer, and until a waiting part of a frame is searched. */
const helloAgain = 500;
const stall = 250;
const longestPause = 100;
/** Bytes. All windows of all channels are less: a guest that lets more wait does not read. */
const longestQueue = 32 * 1024 * 1024;

interface Waiter {
  resolve(welcome: Welcome): void;
  reject(error: unknown): void;
}

/**
 * The connection to QEMU's socket of the agent's port, made again where it breaks.
 *
 *   idle ── a caller waits ──> dialing ── connected ──> greeting ── WELCOME ──> up
 *   up ── socket closed ──> dialing (lost where nobody listens any more, and no way leads onward)
 *   up ── READY of a new agent ──> greeting
 *   greeting, dialing ── no caller waits any more ──> idle
 *   any ── close() or lost ──> closed
 *
 * QEMU takes one connection at a time: a second one is left waiting, and its greeting is not answered.
 */
export class AgentLink {
  readonly #options: LinkOptions;
  #state: "idle" | "dialing" | "greeting" | "up" | "closed" = "idle";
  #socket: Duplex | undefined;
  /** Its guest went to another host: what listens here, if anything does, is not for it. */
  #away = false;
  #reader = new FrameReader(0);
  #nonce: Buffer = Buffer.alloc(0);
  #welcome: Welcome | undefined;
  #error: LodgeError | undefined;
  #timers = new AbortController();
  #stall = new AbortController();
  readonly #waiters = new Set<Waiter>();

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  get isUp(): boolean {
    return this.#state === "up";
  }

  /**
   * Resolves when the agent has answered.
   *
   * @param timeout milliseconds
   * @throws LodgeError agent.unreachable, agent.lost; the signal's reason when aborted.
   */
  async whenUp(timeout: number, signal?: AbortSignal): Promise<Welcome> {
    if (this.#error) throw this.#error;
    if (this.#state === "up" && this.#welcome) return this.#welcome;
    const { clock, guest } = this.#options;
    const waiter = Promise.withResolvers<Welcome>();
    this.#waiters.add(waiter);
    if (this.#state === "idle") void this.#dial();
    const late = () => new LodgeError("agent.unreachable", { guest, seconds: timeout / 1000 });
    try {
      return await withDeadline(waiter.promise, { clock, timeout, signal, late });
    } finally {
      this.#waiters.delete(waiter);
      if (this.#waiters.size === 0 && (this.#state === "dialing" || this.#state === "greeting")) this.#rest();
    }
  }

  /** Sends a frame, or drops it where there is no connection: all state is told again after a WELCOME. */
  send(type: number, channel: number, payload: Uint8Array): void {
    if (this.#state !== "up") return;
    if ((this.#socket?.writableLength ?? 0) > longestQueue)
      return this.#lose(new Error("the guest reads nothing"));
    this.#socket?.write(encodeFrame(type, channel, payload, this.#nonce.readUInt32BE(0)));
  }

  close(): void {
    this.#end(new LodgeError("agent.lost", { guest: this.#options.guest }));
  }

  /** As close(), but what was said arrives. */
  finish(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.close();
    socket?.end(() => socket.destroy());
  }

  async #dial(): Promise<void> {
    const again = this.#welcome !== undefined;
    this.#state = "dialing";
    for (let pause = 2; this.#state === "dialing"; pause = Math.min(pause * 1.5, longestPause)) {
      if (this.#away) return this.#dialOnward(undefined);
      try {
        this.#greet(await open(this.#options.path));
        return;
      } catch (cause) {
        // Where it once answered, nobody listens now: QEMU has ended.
        if (again) return this.#dialOnward(cause);
      }
      await this.#options.clock.sleep(pause, this.#timers.signal).catch(() => undefined);
    }
  }

  async #dialOnward(lost: unknown): Promise<void> {
    try {
      const far = await this.#options.onward(this.#timers.signal);
      if (!far) return this.#lose(lost);
      this.#away = true;
      this.#greet(far);
    } catch (cause) {
      this.#lose(cause);
    }
  }

  #greet(socket: Duplex): void {
    if (this.#state !== "dialing") {
      socket.destroy();
      return;
    }
    this.#socket = socket;
    const allowance = new Allowance(this.#options.clock.monotonic());
    socket.on("data", (bytes: Buffer) => {
      if (this.#socket !== socket) return;
      const wanted = this.#take(this.#reader.push(bytes));
      const wait = allowance.take(this.#options.clock.monotonic(), Math.max(0, bytes.length - wanted));
      if (wait > 0) this.#pauseFor(socket, wait);
    });
    // An error is followed by "close", which is what counts; and nobody answers who has said his last.
    socket.on("error", () => undefined);
    socket.on("end", () => socket.destroy());
    socket.on("close", () => {
      if (this.#socket === socket) this.#dropped();
    });
    this.#hello();
  }

  #hello(): void {
    this.#state = "greeting";
    do this.#nonce = randomBytes(16);
    while (this.#nonce.readUInt32BE(0) === 0);
    this.#reader = new FrameReader(this.#nonce.readUInt32BE(0));
    this.#sayHello();
    void this.#insist(this.#nonce);
  }

  /** Unless the guest has not read the last one. */
  #sayHello(): void {
    if (this.#socket?.writableLength !== 0) return;
    const payload = encodeFields({ session: this.#options.session, nonce: this.#nonce });
    this.#socket.write(
      Buffer.concat([magic, encodeFrame(frameType.hello, 0, payload, this.#nonce.readUInt32BE(0))]),
    );
  }

  /** The HELLO may have been taken for the rest of a cut frame. */
  async #insist(nonce: Buffer): Promise<void> {
    const { signal } = this.#timers;
    for (;;) {
      await this.#options.clock.sleep(helloAgain, signal).catch(() => undefined);
      if (signal.aborted || this.#state !== "greeting" || this.#nonce !== nonce) return;
      this.#sayHello();
    }
  }

  /** Returns how many of the bytes were of streams that somebody reads. */
  #take(frames: readonly ReadFrame[]): number {
    let wanted = 0;
    try {
      for (const frame of frames) if (this.#handle(frame)) wanted += headerSize + frame.payload.length;
    } catch (cause) {
      this.#lose(cause);
      return 0;
    }
    this.#watchRest();
    return wanted;
  }

  /** A guest that says more than anybody asked for is not listened to for a while. */
  #pauseFor(socket: Duplex, milliseconds: number): void {
    socket.pause();
    this.#options.clock.sleep(milliseconds, this.#timers.signal).then(
      () => socket.resume(),
      () => undefined,
    );
  }

  #watchRest(): void {
    this.#stall.abort();
    if (!this.#reader.waiting) return;
    this.#stall = new AbortController();
    const reader = this.#reader;
    this.#options.clock.sleep(stall, this.#stall.signal).then(
      () => reader === this.#reader && this.#take(reader.rescan()),
      () => undefined,
    );
  }

  /** @throws RangeError where the frame makes no sense. */
  #handle(frame: ReadFrame): boolean {
    if (frame.type === frameType.ready) this.#ready(frame);
    else if (frame.type === frameType.welcome) this.#welcomed(frame);
    else if (this.#state === "up") return this.#options.events.frame(frame);
    return false;
  }

  /** An agent has started: another one, unless these are words of an earlier time. */
  #ready(frame: ReadFrame): void {
    if (this.#state === "greeting") this.#sayHello();
    else if (this.#state === "up" && frame.payload.toString("hex") !== this.#welcome?.boot) this.#hello();
  }

  #welcomed(frame: ReadFrame): void {
    const fields = new Fields(frame.payload);
    if (this.#state !== "greeting" || !fields.bytes("nonce")?.equals(this.#nonce)) return;
    const list = fields.bytes("channels") ?? Buffer.alloc(0);
    const channels = Array.from({ length: Math.floor(list.length / 4) }, (_, at) =>
      list.readUInt32BE(4 * at),
    );
    const boot = fields.bytes("boot")?.toString("hex") ?? "";
    const resumed = this.#welcome === undefined || this.#welcome.boot === boot;
    const welcome = { boot, version: fields.number("version") ?? 0, channels };
    this.#welcome = welcome;
    this.#state = "up";
    this.#options.events.welcome(welcome, resumed);
    for (const waiter of this.#waiters) waiter.resolve(welcome);
  }

  #dropped(): void {
    this.#socket = undefined;
    if (this.#state === "up" || this.#state === "greeting") void this.#dial();
  }

  #rest(): void {
    this.#state = "idle";
    this.#stop();
  }

  #lose(cause: unknown): void {
    this.#end(new LodgeError("agent.lost", { guest: this.#options.guest }, { cause }));
  }

  #end(error: LodgeError): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#error = error;
    this.#stop();
    for (const waiter of this.#waiters) waiter.reject(error);
    this.#options.events.lost(error);
  }

  #stop(): void {
    this.#timers.abort();
    this.#timers = new AbortController();
    this.#stall.abort();
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.destroy();
  }
}

function open(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectOwn(path);
    socket.once("connect", () => {
      socket.off("error", reject);
      socket.on("error", () => undefined);
      resolve(socket);
    });
    socket.once("error", reject);
  });
}
