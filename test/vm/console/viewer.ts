/**
 * A viewer of the test's own: RFB 3.8 over a WebSocket, written apart from Lodge's. It draws what it is sent and asks
 * for the next frame after each, as noVNC does.
 */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { constants, deflateSync, inflateSync } from "node:zlib";
import { WebSocket } from "ws";
import { Picture } from "./tight-picture.ts";

/** How pixels are written: 32 bits of which 24 count, the lower byte first, red 16, green 8, blue 0 bits up. */
const pixelFormat = Buffer.from([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0]);
const sizes = [-223, -308];
/** The extended clipboard: its encoding, and its actions. */
export const extendedClipboard = -1063131698;
const action = { request: 2, notify: 8, provide: 16 } as const;

export interface ViewerOptions {
  readonly encodings?: readonly number[];
  /** Does it ask for more after each frame? */
  readonly asks?: boolean;
  /** Does it draw what it is sent? */
  readonly draws?: boolean;
}

export class Viewer {
  readonly picture = new Picture();
  readonly socket: WebSocket;
  /** Resolves with the close code and reason. */
  readonly closed: Promise<string>;
  name = "";
  /** Updates that had pixels, and their bytes. */
  frames = 0;
  bytes = 0;
  /** Was it told that it can press the guest's power and reset buttons? */
  powers = false;
  /** Texts that the guest has copied, the last one last; and whether it is asked for what it copies. */
  readonly copied: string[] = [];
  asksForText = true;
  /** How often the guest has asked for the text that it was offered. */
  asked = 0;
  /** What its wishes for a size were answered, by RFB's numbers. */
  readonly answers: number[] = [];
  /** The keyboard's lights, where it asks for them (encoding -261). */
  lights = 0;
  #offered = "";
  readonly #options: ViewerOptions;
  #data = Buffer.alloc(0);
  #wake: () => void = () => undefined;
  #changed: () => void = () => undefined;
  #over = false;

  /** `place`: the daemon's socket or, as somebody whom that does not tell, where it listens by TCP, as an address for browsers. */
  private constructor(place: string, path: string, options: ViewerOptions) {
    this.#options = options;
    const isSocket = place.startsWith("/");
    const through = isSocket ? { createConnection: () => connect(place) } : {};
    const address = isSocket ? "ws://lodge" : place.replace("http", "ws");
    const how = { perMessageDeflate: false, ...through };
    this.socket = new WebSocket(address + path, ["binary"], how as never);
    this.socket.on("error", () => undefined);
    this.socket.on("message", (data: Buffer, isBinary) => {
      assert.ok(isBinary, "the gateway sends nothing but bytes");
      this.#data = Buffer.concat([this.#data, data]);
      this.#wake();
    });
    this.closed = new Promise((resolve) => {
      this.socket.on("close", (code, reason) => {
        this.#over = true;
        this.#wake();
        this.#changed();
        resolve(`${code} ${reason.toString()}`);
      });
    });
  }

  /** Opens a display and greets it; resolves once the first frame is asked for. */
  static async open(place: string, path: string, options: ViewerOptions = {}): Promise<Viewer> {
    const viewer = new Viewer(place, path, options);
    await viewer.#greet();
    viewer.#listen().catch((error: unknown) => {
      if (!viewer.#over) viewer.fail(error);
    });
    return viewer;
  }

  /** Opens a socket that says nothing by itself. */
  static mute(socketPath: string, path: string): Viewer {
    return new Viewer(socketPath, path, {});
  }

  failure: unknown;

  fail(error: unknown): void {
    this.failure = error;
    this.socket.terminate();
    this.#changed();
  }

  async #greet(): Promise<void> {
    assert.equal((await this.read(12)).toString("latin1"), "RFB 003.008\n");
    this.socket.send(Buffer.from("RFB 003.008\n"));
    assert.deepEqual([...(await this.read(2))], [1, 1]);
    this.socket.send(Buffer.of(1));
    assert.deepEqual([...(await this.read(4))], [0, 0, 0, 0]);
    this.socket.send(Buffer.of(1));
    const head = await this.read(24);
    this.picture.resize(head.readUInt16BE(0), head.readUInt16BE(2));
    this.name = (await this.read(head.readUInt32BE(20))).toString();
    this.socket.send(Buffer.concat([Buffer.alloc(4), pixelFormat]));
    const encodings = this.#options.encodings ?? [7, ...sizes];
    const named = Buffer.alloc(4 + encodings.length * 4);
    named[0] = 2;
    named.writeUInt16BE(encodings.length, 2);
    encodings.forEach((encoding, index) => named.writeInt32BE(encoding, 4 + index * 4));
    this.socket.send(named);
    this.ask(false);
  }

  ask(incremental = true): void {
    const request = Buffer.alloc(10);
    request[0] = 3;
    request[1] = incremental ? 1 : 0;
    request.writeUInt16BE(this.picture.width, 6);
    request.writeUInt16BE(this.picture.height, 8);
    this.socket.send(request);
  }

  /** Presses and releases a key, by its keysym. */
  press(key: string): void {
    for (const down of [1, 0]) {
      const message = Buffer.alloc(8);
      message[0] = 4;
      message[1] = down;
      message.writeUInt32BE(key.charCodeAt(0), 4);
      this.socket.send(message);
    }
  }

  /** Presses or releases a key by its place on the keyboard: QEMU's extended key event, with its XT scan code. */
  hold(place: number, keysym = 0, down = true): void {
    const message = Buffer.alloc(12);
    message.set([255, 0, 0, down ? 1 : 0]);
    message.writeUInt32BE(keysym, 4);
    message.writeUInt32BE(place, 8);
    this.socket.send(message);
  }

  /** Presses keys by their places, one after the other, and releases them the other way about. */
  pressAt(...places: readonly number[]): void {
    for (const place of places) this.hold(place);
    for (const place of places.toReversed()) this.hold(place, 0, false);
  }

  /** Presses the reset button: XVP's operation 4. */
  reset(): void {
    this.socket.send(Buffer.from([250, 0, 1, 4]));
  }

  /** Copies a text, which the guest may paste. */
  offer(text: string): void {
    this.#offered = text;
    this.#cut(action.notify);
  }

  #cut(what: number, data: Buffer = Buffer.alloc(0)): void {
    const head = Buffer.alloc(12);
    head[0] = 6;
    head.writeInt32BE(-4 - data.length, 4);
    head.set([what, 0, 0, 1], 8);
    this.socket.send(Buffer.concat([head, data]));
  }

  /** Wishes for a size of the screen. */
  resize(width: number, height: number): void {
    this.arrange([width, height]);
  }

  /** Wishes for monitors of these sizes, side by side. */
  arrange(...monitors: readonly (readonly [width: number, height: number])[]): void {
    const message = Buffer.alloc(8 + 16 * monitors.length);
    let x = 0;
    for (const [at, [width, height]] of monitors.entries()) {
      const place = 8 + 16 * at;
      message.writeUInt32BE(at, place);
      message.writeUInt16BE(x, place + 4);
      message.writeUInt16BE(width, place + 8);
      message.writeUInt16BE(height, place + 10);
      x += width;
    }
    message.set([251, 0, x >> 8, x & 255]);
    message.writeUInt16BE(Math.max(...monitors.map(([, height]) => height)), 4);
    message[6] = monitors.length;
    this.socket.send(message);
  }

  async #takeText(): Promise<void> {
    const length = (await this.read(7)).readInt32BE(3);
    const data = await this.read(Math.abs(length));
    assert.ok(length < 0, "an extended message");
    if (data[0] === action.notify && data[3] === 1 && this.asksForText) this.#cut(action.request);
    if (data[0] === action.request) {
      this.asked++;
      const text = Buffer.from(`${this.#offered.replaceAll("\n", "\r\n")}\0`);
      const size = Buffer.alloc(4);
      size.writeUInt32BE(text.length);
      const flushed = { finishFlush: constants.Z_SYNC_FLUSH };
      this.#cut(action.provide, deflateSync(Buffer.concat([size, text]), flushed));
    }
    if (data[0] === action.provide) {
      const text = inflateSync(data.subarray(4)).subarray(4, -1).toString();
      this.copied.push(text.replaceAll("\r\n", "\n"));
    }
    this.#changed();
  }

  /** Resolves once something holds, looked at after each update. Fails with what went wrong meanwhile. */
  async until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    const end = performance.now() + 60_000;
    for (;;) {
      const changed = new Promise<void>((resolve) => (this.#changed = resolve));
      if (await holds()) return;
      if (this.failure !== undefined) throw this.failure;
      assert.ok(!this.#over, `closed before: ${what}`);
      assert.ok(performance.now() < end, `never: ${what}`);
      const timer = setTimeout(this.#changed, 500);
      await changed;
      clearTimeout(timer);
    }
  }

  async read(count: number): Promise<Buffer> {
    while (this.#data.length < count) {
      if (this.#over) throw new Error("the display is closed");
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    const bytes = this.#data.subarray(0, count);
    this.#data = this.#data.subarray(count);
    return bytes;
  }

  async #listen(): Promise<never> {
    for (;;) {
      const [type] = await this.read(1);
      if (type === 2) continue;
      if (type === 3) {
        await this.#takeText();
        continue;
      }
      if (type === 250) {
        this.powers = (await this.read(3))[2] === 1;
        continue;
      }
      assert.equal(type, 0, `message ${type}`);
      const count = (await this.read(3)).readUInt16BE(1);
      let pixels = false;
      for (let index = 0; index < count; index++) pixels = (await this.#rectangle()) || pixels;
      if (pixels) this.frames++;
      if (this.#options.asks !== false) this.ask();
      this.#changed();
    }
  }

  async #rectangle(): Promise<boolean> {
    const head = await this.read(12);
    const [x, y, width, height] = [0, 2, 4, 6].map((at) => head.readUInt16BE(at)) as [
      number,
      number,
      number,
      number,
    ];
    const encoding = head.readInt32BE(8);
    switch (encoding) {
      case 0:
        this.picture.raw(x, y, width, height, await this.#counted(width * height * 4));
        return true;
      case 7: {
        const body = await this.#tight(width, height);
        if (this.#options.draws !== false) await this.picture.tight(x, y, width, height, body);
        return true;
      }
      case -261:
        [this.lights] = (await this.read(1)) as unknown as [number];
        return false;
      case -223:
        this.picture.resize(width, height);
        return false;
      case -308:
        await this.read((await this.read(4))[0]! * 16);
        if (x === 1) this.answers.push(y);
        if (x === 1 && y !== 0) return false;
        if (width !== this.picture.width || height !== this.picture.height)
          this.picture.resize(width, height);
        return false;
      default:
        throw new Error(`encoding ${encoding} was not asked for`);
    }
  }

  async #counted(count: number): Promise<Buffer> {
    this.bytes += count;
    return this.read(count);
  }

  async #tight(width: number, height: number): Promise<Buffer> {
    const pieces: Buffer[] = [await this.#counted(1)];
    const kind = pieces[0]![0]! >> 4;
    const take = async (count: number) => {
      const bytes = await this.#counted(count);
      pieces.push(bytes);
      return bytes;
    };
    const compact = async () => {
      let length = 0;
      for (let shift = 0; shift <= 14; shift += 7) {
        const byte = (await take(1))[0]!;
        length |= (shift === 14 ? byte : byte & 0x7f) << shift;
        if (!(byte & 0x80)) break;
      }
      await take(length);
    };
    if (kind === 8) await take(3);
    else if (kind === 9) await compact();
    else {
      let bytes = width * height * 3;
      if (kind & 4 && (await take(1))[0] === 1) {
        const colours = (await take(1))[0]! + 1;
        await take(colours * 3);
        bytes = (colours <= 2 ? Math.ceil(width / 8) : width) * height;
      }
      if (bytes < 12) await take(bytes);
      else await compact();
    }
    return Buffer.concat(pieces);
  }
}
