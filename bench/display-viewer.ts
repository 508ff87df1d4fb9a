/**
 * A viewer that draws nothing: it finds where frames end, counts them, and asks for the next one after each, as noVNC
 * does. What a browser needs to draw is not in these figures.
 */
import { connect } from "node:net";
import { WebSocket } from "ws";
import { ByteReader } from "#domain/console/rfb/byte-reader";
import { hasPixels } from "#domain/console/rfb/encodings";
import { greetServer } from "#domain/console/rfb/handshake";
import { setEncodings, updateRequest } from "#domain/console/rfb/messages";
import type { Rectangle } from "#domain/console/rfb/rectangle";
import { longestServerMessage, serverMessage } from "#domain/console/rfb/server-message";

/** Tight, the screen's size, and the compression that noVNC asks for. */
const encodings = [7, -223, -254];
/** And the quality: with it, QEMU sends JPEG of what keeps changing. */
const lossy = [...encodings, -26];

interface Frame {
  /** Its rectangles, and the screen's height. */
  readonly rectangles: readonly Rectangle[];
  readonly height: number;
}

export class DisplayViewer {
  frames = 0;
  readonly #socket: WebSocket;
  readonly #failed: Promise<never>;
  readonly #fail: (error: unknown) => void;
  readonly #area: { width: number; height: number };
  readonly #whole = Promise.withResolvers<void>();
  #pixels = 0;
  #onFrame: (frame: Frame) => void = () => undefined;

  private constructor(socket: WebSocket, area: { width: number; height: number }) {
    this.#socket = socket;
    this.#area = area;
    const { promise, reject } = Promise.withResolvers<never>();
    [this.#failed, this.#fail] = [promise, reject];
    // Who waits for a frame hears of it.
    promise.catch(() => undefined);
  }

  /** `to`: a socket, or where a server listens: "http://127.0.0.1:1234". */
  static async open(
    to: string,
    path: string,
    { loss = false }: { readonly loss?: boolean } = {},
  ): Promise<DisplayViewer> {
    const byTcp = to.startsWith("http:");
    const through = byTcp ? {} : { createConnection: () => connect(to) };
    const options = { ...through, perMessageDeflate: false };
    const place = byTcp ? to.replace("http:", "ws:") : "ws://lodge";
    const socket = new WebSocket(`${place}${path}`, ["binary"], options as never);
    const reader = new ByteReader("the server");
    socket.on("message", (bytes: Buffer) => reader.push(bytes));
    socket.on("error", (error) => reader.fail(error));
    socket.on("close", () => reader.fail(new RangeError("the display is closed")));
    await new Promise<void>((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("error", reject);
    });
    const { format, ...size } = await greetServer(reader, (bytes) => socket.send(bytes));
    const area = { x: 0, y: 0, ...size };
    const viewer = new DisplayViewer(socket, area);
    socket.send(setEncodings(loss ? lossy : encodings));
    socket.send(updateRequest(false, area));
    const listen = async () => {
      for (;;) {
        const message = await reader.read(
          serverMessage(() => format),
          longestServerMessage,
        );
        if (message.kind !== "update") continue;
        for (const { encoding, width, height } of message.rectangles)
          if (encoding === encodings[1]) Object.assign(area, { width, height });
        socket.send(updateRequest(true, area));
        const rectangles = message.rectangles.filter(({ encoding }) => hasPixels(encoding));
        if (rectangles.length > 0) viewer.#drawn({ rectangles, height: area.height });
      }
    };
    listen().catch(viewer.#fail);
    return viewer;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  #drawn(frame: Frame): void {
    this.frames++;
    for (const { width, height } of frame.rectangles) this.#pixels += width * height;
    if (this.#pixels >= this.#area.width * this.#area.height) this.#whole.resolve();
    this.#onFrame(frame);
  }

  /** Resolves once as many pixels have come as the screen has: at first all of it is sent. */
  whole(): Promise<void> {
    return Promise.race([this.#whole.promise, this.#failed]);
  }

  /** Presses keys together and lets go of them, by X's numbers. */
  strike(...keys: readonly number[]): void {
    for (const key of keys) this.#key(1, key);
    for (const key of keys.toReversed()) this.#key(0, key);
  }

  #key(down: number, key: number): void {
    const message = Buffer.from([4, down, 0, 0, 0, 0, 0, 0]);
    message.writeUInt32BE(key, 4);
    this.#socket.send(message);
  }

  /** Milliseconds from a key's press to the next frame that changes something below this part of the screen's height. */
  async key(below = 0): Promise<number> {
    const begin = performance.now();
    const frame = new Promise<void>((resolve) => {
      this.#onFrame = ({ rectangles, height }) => {
        if (rectangles.some((each) => each.y + each.height > below * height)) resolve();
      };
    });
    this.press();
    await Promise.race([frame, this.#failed]);
    return performance.now() - begin;
  }

  press(): void {
    this.strike(0x61);
  }

  close(): void {
    this.#socket.terminate();
  }
}
