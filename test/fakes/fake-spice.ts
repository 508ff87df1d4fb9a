/** SPICE's agent as Lodge sees it: QEMU's socket for its port, and what a desktop says there and is told. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  capability,
  encodeMessage,
  fileResult,
  messageType,
  u32,
  writeCapabilities,
} from "#hypervisor/spice/protocol";

const usual = [capability.monitors, capability.clipboard, capability.selection, capability.maxClipboard];

export interface Heard {
  readonly type: number;
  readonly data: Buffer;
}

export class FakeSpice {
  readonly path: string;
  /** What Lodge said, but for its capabilities. */
  heard: Heard[] = [];
  connections = 0;
  /** How often Lodge has asked for its capabilities. */
  greetings = 0;
  /** The capabilities that it answers with; none: it is silent. */
  abilities: readonly number[] | undefined = usual;
  /** What the desktop has copied, and gives when it is asked. */
  text: string | undefined;
  /** Files that it was sent; see takesFiles(). */
  readonly files: {
    readonly id: number;
    readonly name: string;
    readonly size: number;
    readonly pieces: Buffer[];
  }[] = [];
  /** Called with all that Lodge said. */
  onMessage: (message: Heard) => void = () => undefined;
  readonly #folder: string | undefined;
  readonly #server: Server;
  #socket: Socket | undefined;
  #waiting = Buffer.alloc(0);
  #message = Buffer.alloc(0);

  constructor(path?: string) {
    this.#folder = path === undefined ? mkdtempSync(join(tmpdir(), "lodge-spice-")) : undefined;
    this.path = path ?? join(this.#folder!, "spice");
    this.#server = createServer((socket) => this.#serve(socket));
  }

  start(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(this.path, resolve));
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#socket?.destroy();
    await closed;
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true });
  }

  /** Says a message, or bytes of any kind. */
  say(type: number, ...parts: readonly Uint8Array[]): void {
    this.raw(encodeMessage(type, ...parts));
  }

  raw(bytes: Buffer): void {
    this.#socket?.write(bytes);
  }

  /** Reads nothing until what it returns is called. */
  stopReading(): () => void {
    const socket = this.#socket!;
    socket.pause();
    return () => void socket.resume();
  }

  hangUp(): void {
    this.#socket?.destroy();
  }

  /** Somebody copies a text in the desktop. */
  copy(text: string): void {
    this.text = text;
    this.say(messageType.grab, u32(0, 1));
  }

  /** Somebody pastes in the desktop. */
  paste(): void {
    this.say(messageType.request, u32(0, 1));
  }

  /** Takes files from now on, and says at the end of each how that went. */
  takesFiles(result: number = fileResult.success): void {
    this.onMessage = ({ type, data }) => {
      const id = data.length < 4 ? 0 : data.readUInt32LE(0);
      if (type === messageType.fileStart) {
        const [, name = "", size = ""] = /name=(.*)\nsize=(\d+)\n/.exec(data.subarray(4).toString()) ?? [];
        this.files.push({ id, name, size: Number(size), pieces: [] });
        this.say(messageType.fileStatus, u32(id, fileResult.canSend));
      }
      const file = this.files.find((each) => each.id === id);
      if (type !== messageType.fileData || !file) return;
      file.pieces.push(data.subarray(12));
      const have = file.pieces.reduce((sum, { length }) => sum + length, 0);
      if (have === file.size) this.say(messageType.fileStatus, u32(id, result));
    };
  }

  /** Takes no files from now on, and says why. */
  refusesFiles(result: number): void {
    this.onMessage = ({ type, data }) => {
      if (type === messageType.fileStart) this.say(messageType.fileStatus, u32(data.readUInt32LE(0), result));
    };
  }

  /** The texts that it was given. */
  get given(): string[] {
    return this.heard
      .filter(({ type, data }) => type === messageType.clipboard && data.readUInt32LE(4) === 1)
      .map(({ data }) => data.subarray(8).toString());
  }

  /** How often it was told something of this kind. */
  count(type: number): number {
    return this.heard.filter((each) => each.type === type).length;
  }

  #serve(socket: Socket): void {
    this.connections++;
    this.#socket = socket;
    this.#waiting = Buffer.alloc(0);
    this.#message = Buffer.alloc(0);
    socket.on("error", () => undefined);
    socket.on("data", (bytes: Buffer) => this.#take(bytes));
  }

  #take(bytes: Buffer): void {
    this.#waiting = Buffer.concat([this.#waiting, bytes]);
    for (;;) {
      const size = this.#waiting.length < 8 ? Infinity : this.#waiting.readUInt32LE(4);
      if (this.#waiting.length < 8 + size) return;
      this.#message = Buffer.concat([this.#message, this.#waiting.subarray(8, 8 + size)]);
      this.#waiting = this.#waiting.subarray(8 + size);
      const length = this.#message.length < 20 ? Infinity : this.#message.readUInt32LE(16);
      if (this.#message.length < 20 + length) continue;
      const message = { type: this.#message.readUInt32LE(4), data: this.#message.subarray(20) };
      this.#message = Buffer.alloc(0);
      this.#hear(message);
    }
  }

  #hear(message: Heard): void {
    const { type, data } = message;
    if (type === messageType.capabilities) {
      if (data.readUInt32LE(0) !== 1) return;
      this.greetings++;
      if (this.abilities) this.say(messageType.capabilities, writeCapabilities(this.abilities, false));
      return;
    }
    this.heard.push(message);
    if (type === messageType.request && this.text !== undefined)
      this.say(messageType.clipboard, u32(0, 1), Buffer.from(this.text));
    this.onMessage(message);
  }
}
