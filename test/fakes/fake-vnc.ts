/** QEMU's VNC server as far as the gateway sees it: it greets, keeps what it is told, and sends what a test says. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { constants, deflateSync } from "node:zlib";
import { ByteReader } from "#domain/console/rfb/byte-reader";
import { rectangleHead } from "#domain/console/rfb/rectangle";
import { viewerMessage, type ViewerMessage } from "#domain/console/rfb/viewer-message";

export const format24 = Buffer.from([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0]);

const audio = -259;
const nowhere = { x: 0, y: 0, width: 0, height: 0 };

export class FakeVnc {
  readonly path: string;
  /** What the gateway said to the present QEMU, but for its nudges. */
  heard: ViewerMessage[] = [];
  nudges = 0;
  size = { width: 64, height: 48 };
  readonly #folder = mkdtempSync(join(tmpdir(), "lodge-vnc-"));
  readonly #connections = new Set<Socket>();
  readonly #listeners = new Set<Socket>();
  #server: Server | undefined;

  /** Listens where it is told to, else at a place of its own. */
  constructor(path?: string) {
    this.path = path ?? join(this.#folder, "display");
  }

  /** A new QEMU, that knows nothing. */
  async start(): Promise<void> {
    this.heard = [];
    this.#listeners.clear();
    this.#server = createServer((socket) => void this.#serve(socket).catch(() => socket.destroy()));
    await new Promise<void>((resolve) => this.#server!.listen(this.path, resolve));
  }

  async end(): Promise<void> {
    const closed = new Promise((resolve) => this.#server!.close(resolve));
    for (const socket of this.#connections) socket.destroy();
    await closed;
  }

  async close(): Promise<void> {
    await this.end();
    rmSync(this.#folder, { recursive: true });
  }

  /** Does somebody listen? */
  get hears(): boolean {
    return this.#listeners.size > 0;
  }

  /** Plays samples to whoever listens. */
  sound(data: Buffer): void {
    const head = Buffer.from([255, 1, 0, 2, 0, 0, 0, 0]);
    head.writeUInt32BE(data.length, 4);
    for (const socket of this.#listeners) socket.write(Buffer.concat([head, data]));
  }

  /** Reads nothing for now, as while it brings back a guest's memory. */
  stall(): void {
    for (const socket of this.#connections) socket.pause();
  }

  goOn(): void {
    for (const socket of this.#connections) socket.resume();
  }

  say(bytes: Buffer): void {
    for (const socket of this.#connections) socket.write(bytes);
  }

  /** An update of one rectangle in Tight, filled with a colour. */
  fill(area = { x: 0, y: 0, width: 8, height: 8 }, encoding = 7): void {
    this.say(Buffer.concat([Buffer.of(0, 0, 0, 1), rectangleHead(area, encoding), Buffer.of(0x80, 1, 2, 3)]));
  }

  /** One whose pixels are all of a stream of zlib so far. */
  deflated(area = { x: 0, y: 0, width: 8, height: 8 }): void {
    const data = deflateSync(Buffer.alloc(8 * 8 * 3), { finishFlush: constants.Z_SYNC_FLUSH });
    const content = Buffer.concat([Buffer.of(0x00, data.length), data]);
    this.say(Buffer.concat([Buffer.of(0, 0, 0, 1), rectangleHead(area, 7), content]));
  }

  /** One that is a JPEG, as far as its length goes. */
  jpeg(area = { x: 8, y: 8, width: 16, height: 16 }): void {
    this.say(Buffer.concat([Buffer.of(0, 0, 0, 1), rectangleHead(area, 7), Buffer.of(0x90, 3, 9, 9, 9)]));
  }

  /** A JPEG, and something that is exact, in one update. */
  both(): void {
    const jpeg = [rectangleHead({ x: 8, y: 8, width: 16, height: 16 }, 7), Buffer.of(0x90, 3, 9, 9, 9)];
    const fill = [rectangleHead({ x: 32, y: 32, width: 8, height: 8 }, 7), Buffer.of(0x80, 1, 2, 3)];
    this.say(Buffer.concat([Buffer.of(0, 0, 0, 2), ...jpeg, ...fill]));
  }

  /** Says how large the screen is, and so that another size can be wished for; `of`: as the answer to a wish. */
  sizes(of = { x: 0, y: 0 }): void {
    const body = Buffer.from([1, 0, 0, 0, ...Buffer.alloc(16)]);
    this.say(Buffer.concat([Buffer.of(0, 0, 0, 1), rectangleHead({ ...of, ...this.size }, -308), body]));
  }

  /** Says that it takes keys by their scan codes. */
  extendedKeys(): void {
    this.say(Buffer.concat([Buffer.of(0, 0, 0, 1), rectangleHead({ x: 0, y: 0, ...this.size }, -258)]));
  }

  /** How often the gateway has asked for an update; `whole`: for all of the screen. */
  asked(whole: boolean): number {
    return this.heard.filter((one) => one.kind === "request" && one.incremental !== whole).length;
  }

  #soundFor(socket: Socket, operation: number): void {
    if (operation === 0) this.#listeners.add(socket);
    if (operation === 1) this.nudges++;
  }

  async #serve(socket: Socket): Promise<void> {
    const reader = new ByteReader("the gateway");
    socket.on("data", (bytes: Buffer) => reader.push(bytes));
    socket.on("error", () => undefined);
    socket.on("close", () => reader.fail(new RangeError("closed")));
    const take = (count: number) =>
      reader.read(
        (function* () {
          yield count;
        })(),
        99,
      );
    socket.write("RFB 003.008\n");
    await take(12);
    socket.write(Buffer.of(1, 1));
    await take(1);
    socket.write(Buffer.alloc(4));
    await take(1);
    const head = Buffer.alloc(8);
    head.writeUInt16BE(this.size.width, 0);
    head.writeUInt16BE(this.size.height, 2);
    socket.write(Buffer.concat([head.subarray(0, 4), format24, Buffer.of(0, 0, 0, 4), Buffer.from("QEMU")]));
    this.#connections.add(socket);
    socket.on("close", () => {
      this.#connections.delete(socket);
      this.#listeners.delete(socket);
    });
    for (;;) {
      const message = await reader.read(viewerMessage(), 1_000_000);
      if (message.kind === "sound") this.#soundFor(socket, message.operation);
      else this.heard.push(message);
      // Where nothing else was named, somebody came to listen.
      if (message.kind === "encodings" && message.encodings.join() === String(audio))
        socket.write(Buffer.concat([Buffer.of(0, 0, 0, 1), rectangleHead(nowhere, audio)]));
    }
  }
}
