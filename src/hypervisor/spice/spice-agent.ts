/**
 * SPICE's agent in a guest (spice-vdagent, or that of Windows), spoken to over QEMU's socket for its port. It runs in the
 * guest's desktop: where nobody is signed in, it does not answer.
 *
 *   Lodge                                      agent
 *     | -- capabilities, and yours? -----------> |   at each connection; it asks so as well when it begins
 *     | <- capabilities ------------------------ |   from now on it is there
 *     | -- grab: I have a text ----------------> |   somebody copied something here …
 *     | <- request, -- clipboard (the text) ---> |   … and pastes it there
 *     | <- grab, -- request, <- clipboard ------ |   and the other way about
 *     | -- monitors ---------------------------> |   how large the screen should be
 *     | -- file start, <- status, -- data ... -> |   see file-drop.ts
 *
 * What it says is a guest's word: see message-reader.ts for how long that may be, allowance.ts for how much.
 */
import type { Socket } from "node:net";
import { Allowance } from "#base/allowance";
import { connectOwn } from "#base/own-socket";
import { longestClipboard, MessageReader } from "./message-reader.ts";
import {
  capability,
  encodeMessage,
  type Message,
  messageType,
  noType,
  readCapabilities,
  SpiceProtocolError,
  textType,
  u32,
  usualSelection,
  writeCapabilities,
} from "./protocol.ts";

/** Bytes that may wait for a guest that reads nothing: a text, its chunks' heads, and something more. */
const mostWaiting = 2 * longestClipboard;
const ours = [
  capability.monitors,
  capability.clipboard,
  capability.selection,
  capability.fileErrors,
  capability.noReleaseOnRegrab,
  capability.grabSerial,
];

/** What happens in the guest's desktop. */
export interface SpiceListener {
  /** It answers, or answers no more. */
  turned?(): void;
  /** Somebody copied a text there (or something else, or nothing any more). */
  copied?(isText: boolean): void;
  /** Somebody wants to paste there what was grabbed. */
  wanted?(): void;
  /** The text that was asked for; undefined: there is none, or it is too long. */
  text?(text: string | undefined): void;
  /** How a file's transfer goes. */
  fileStatus?(id: number, result: number): void;
  /** It takes more of what is sent. */
  drained?(): void;
}

export class SpiceAgent {
  readonly #path: string;
  readonly #againAfter: number;
  /** Milliseconds until the next try: doubled with each that reached nobody, up to eight times. */
  #pause: number;
  readonly #listeners = new Set<SpiceListener>();
  #socket: Socket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  #abilities: ReadonlySet<number> | undefined;
  /** The number of the next grab: of two that cross each other Lodge's counts, on both sides. */
  #serial = 0;
  #files = 0;

  /** `againAfter`: milliseconds until a connection that broke is made again. */
  constructor(path: string, againAfter = 1000) {
    this.#path = path;
    this.#againAfter = againAfter;
    this.#pause = againAfter;
  }

  /**
   * Connects, and again whenever the connection breaks, until `close`. Begun only once a loaded machine runs: it then
   * finds its port closed and opened again, and so forgets half a message of another time.
   */
  open(): void {
    if (this.#socket || this.#closed) return;
    const socket = connectOwn(this.#path);
    const allowance = new Allowance(performance.now());
    const reader = new MessageReader((message) => this.#take(message));
    this.#socket = socket;
    socket.on("connect", () => {
      this.#pause = this.#againAfter;
      this.#announce(true);
    });
    socket.on("data", (bytes: Buffer) => {
      try {
        reader.push(bytes);
      } catch (error) {
        if (!(error instanceof SpiceProtocolError)) throw error;
        return socket.destroy();
      }
      const pause = allowance.take(performance.now(), bytes.length);
      if (pause === 0) return;
      socket.pause();
      setTimeout(() => socket.resume(), pause).unref();
    });
    socket.on("drain", () => this.#tell((each) => each.drained?.()));
    socket.on("error", () => undefined);
    socket.on("close", () => this.#lost());
  }

  /**
   * Its port was opened or closed in the guest. What the one was half told is not for the next one that opens it; and what
   * came before that is lost, so it is greeted again. (Linux throws away what nobody has read of a port that is closed.)
   */
  portTurned(isOpen: boolean): void {
    if (isOpen) this.#announce(true);
    else if (this.answers) this.#socket?.destroy();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#socket?.destroy();
  }

  /** Returns how to stop listening. */
  listen(listener: SpiceListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Has it said since this connection that it is there? */
  get answers(): boolean {
    return this.#abilities !== undefined;
  }

  can(what: keyof typeof capability): boolean {
    return this.#abilities?.has(capability[what]) ?? false;
  }

  /** It takes files, unless it says that it does not. */
  get takesFiles(): boolean {
    return this.answers && !this.can("filesDisabled");
  }

  /** Is so much on the way to it that no more should come? */
  get isFull(): boolean {
    return (this.#socket?.writableLength ?? 0) > mostWaiting;
  }

  /** Has it not yet taken what was sent last? `drained` tells when it has. */
  get isBusy(): boolean {
    return this.#socket?.writableNeedDrain ?? false;
  }

  /** A number for a file that is sent. */
  newFile(): number {
    this.#files = (this.#files + 1) >>> 0;
    return this.#files;
  }

  /** Says that a text was copied here; what was copied there is forgotten. */
  offer(): void {
    const serial = this.can("grabSerial") ? u32(this.#serial) : Buffer.alloc(0);
    // The guest may have named the last number that there is.
    this.#serial = (this.#serial + 1) >>> 0;
    this.#say(messageType.grab, this.#selection(), serial, u32(textType));
  }

  /** Says that there is nothing to paste any more. */
  withdraw(): void {
    this.#say(messageType.release, this.#selection());
  }

  /** Answers `wanted`; undefined: there is no text. */
  give(text: string | undefined): void {
    if (text === undefined) return this.#giveNothing(textType);
    if (!this.answers || this.isFull) return;
    const lines = text.replaceAll(/\r\n?/g, "\n");
    const bytes = Buffer.from(this.can("lineEndCrlf") ? lines.replaceAll("\n", "\r\n") : lines);
    this.#say(messageType.clipboard, this.#selection(), u32(textType), bytes);
  }

  /** Whoever pastes waits for what he asked for: "nothing" is something that spice-vdagent does not tell him. */
  #giveNothing(kind: number): void {
    this.#say(messageType.clipboard, this.#selection(), u32(kind));
  }

  /** Asks for the text that was copied there: `text` answers. */
  ask(): void {
    this.#say(messageType.request, this.#selection(), u32(textType));
  }

  /** How large its one monitor should be. */
  resize(width: number, height: number): void {
    this.#say(messageType.monitors, u32(1, 0), u32(height, width, 32, 0, 0));
  }

  /** A message about a file. */
  sayOfFile(type: number, ...parts: readonly Uint8Array[]): void {
    this.#say(type, ...parts);
  }

  #say(type: number, ...parts: readonly Uint8Array[]): void {
    if (this.answers && !this.isFull) this.#socket?.write(encodeMessage(type, ...parts));
  }

  #announce(request: boolean): void {
    if (this.isFull || this.#socket?.pending !== false) return;
    this.#socket.write(encodeMessage(messageType.capabilities, writeCapabilities(ours, request)));
  }

  /** An agent that knows several selections is told, and tells, which one is meant. */
  #selection(): Buffer {
    return this.can("selection") ? u32(usualSelection) : Buffer.alloc(0);
  }

  #take({ type, data }: Message): void {
    if (type === messageType.capabilities) return this.#meet(data);
    if (!this.answers) return;
    if (type === messageType.fileStatus) {
      if (data.length < 8) return;
      return this.#tell((each) => each.fileStatus?.(data.readUInt32LE(0), data.readUInt32LE(4)));
    }
    this.#takeOfClipboard(type, data);
  }

  #meet(data: Buffer): void {
    if (data.length < 4) return;
    this.#abilities = readCapabilities(data);
    this.#serial = 0;
    if (data.readUInt32LE(0) !== 0) this.#announce(false);
    if (this.can("maxClipboard")) this.#say(messageType.maxClipboard, u32(longestClipboard));
    this.#tell((each) => each.turned?.());
  }

  #takeOfClipboard(type: number, data: Buffer): void {
    let rest = data;
    if (this.can("selection") && data.length >= 4) {
      if (data[0] !== usualSelection) return;
      rest = data.subarray(4);
    }
    const kind = rest.length >= 4 ? rest.readUInt32LE(0) : noType;
    switch (type) {
      case messageType.grab: {
        if (this.can("grabSerial")) {
          if (rest.length < 4 || kind === this.#serial - 1) return;
          this.#serial = (kind + 1) >>> 0;
          rest = rest.subarray(4);
        }
        const kinds = Array.from({ length: rest.length >> 2 }, (_, index) => rest.readUInt32LE(index * 4));
        return this.#tell((each) => each.copied?.(kinds.includes(textType)));
      }
      case messageType.release:
        return this.#tell((each) => each.copied?.(false));
      case messageType.request:
        if (kind !== textType) return this.#giveNothing(kind);
        return this.#tell((each) => each.wanted?.());
      case messageType.clipboard:
        return this.#tell((each) => each.text?.(kind === textType ? textOf(rest.subarray(4)) : undefined));
    }
  }

  #lost(): void {
    this.#socket = undefined;
    const answered = this.answers;
    this.#abilities = undefined;
    if (answered) this.#tell((each) => each.turned?.());
    if (this.#closed) return;
    this.#timer = setTimeout(() => this.open(), this.#pause);
    this.#pause = Math.min(2 * this.#pause, 8 * this.#againAfter);
    this.#timer.unref();
  }

  #tell(what: (listener: SpiceListener) => void): void {
    for (const each of this.#listeners) what(each);
  }
}

/** A text is UTF-8 or none. Windows ends it with a zero. */
function textOf(bytes: Buffer): string | undefined {
  const end = bytes.indexOf(0);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
      end < 0 ? bytes : bytes.subarray(0, end),
    );
  } catch {
    return undefined;
  }
}
