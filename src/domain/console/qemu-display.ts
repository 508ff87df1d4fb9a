/** The gateway's end towards QEMU: one connection to its VNC server, greeted, and its messages one by one. */
import type { Duplex } from "node:stream";
import { connectOwn } from "#base/own-socket";
import { LodgeError } from "#contract/errors";
import { ByteReader } from "./rfb/byte-reader.ts";
import { greetServer, type Screen } from "./rfb/handshake.ts";
import type { PixelFormat } from "./rfb/pixel-format.ts";
import { longestServerMessage, serverMessage, type ServerMessage } from "./rfb/server-message.ts";

/** Milliseconds for QEMU to greet: it answers nothing while it reads a suspended guest's memory. */
const patience = 10_000;
/** Bytes of QEMU's that may wait here while nobody reads. */
const mostUnread = 1_048_576;
/** Bytes of keys and pointer moves that may wait for QEMU. */
const mostWaiting = 65_536;
/** And of all that it is told, also what cannot be left out. */
const mostUnsent = 1_048_576;

export class QemuDisplay {
  readonly screen: Screen;
  readonly #socket: Duplex;
  readonly #reader: ByteReader;

  private constructor(socket: Duplex, reader: ByteReader, screen: Screen) {
    this.#socket = socket;
    this.#reader = reader;
    this.screen = screen;
  }

  /** @throws LodgeError host.qemu_gone where nobody answers, console.protocol */
  static async connect(path: string, signal: AbortSignal): Promise<QemuDisplay> {
    signal.throwIfAborted();
    return QemuDisplay.over(connectOwn(path), signal);
  }

  /** The same, over what leads to it. */
  static async over(socket: Duplex, signal: AbortSignal): Promise<QemuDisplay> {
    const reader = new ByteReader("QEMU");
    const gone = () => reader.fail(new LodgeError("host.qemu_gone"));
    const leave = () => socket.destroy();
    socket.on("data", (chunk: Buffer) => {
      reader.push(chunk);
      // Nobody reads while a viewer is behind: what QEMU goes on to say waits in its own memory.
      if (reader.unread > mostUnread) socket.pause();
    });
    socket.on("error", gone);
    socket.on("close", gone);
    signal.addEventListener("abort", leave, { once: true });
    socket.once("close", () => signal.removeEventListener("abort", leave));
    const timer = setTimeout(leave, patience);
    try {
      return new QemuDisplay(socket, reader, await greetServer(reader, (bytes) => socket.write(bytes)));
    } catch (error) {
      socket.destroy();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** A QEMU that has not read for so long is given up: another connection begins once it does. */
  send(bytes: Buffer): void {
    if (this.#socket.writableLength > mostUnsent) this.close();
    else this.#socket.write(bytes);
  }

  /** Is so much on the way to QEMU that no more should come? It reads again soon, or never. */
  get isFull(): boolean {
    return this.#socket.writableLength > mostWaiting;
  }

  /** The next message. @throws LodgeError host.qemu_gone at the connection's end, console.protocol */
  next(format: () => PixelFormat): Promise<ServerMessage> {
    if (this.#socket.isPaused()) this.#socket.resume();
    return this.#reader.read(serverMessage(format), longestServerMessage);
  }

  /** What is being read fails at once with host.qemu_gone. */
  close(): void {
    this.#reader.fail(new LodgeError("host.qemu_gone"));
    this.#socket.destroy();
  }
}
