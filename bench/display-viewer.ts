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
import { longestServerMessage, serverMessage } from "#domain/console/rfb/server-message";

/** Tight, the screen's size, and the compression that noVNC asks for. */
const encodings = [7, -223, -254];

export class DisplayViewer {
  frames = 0;
  readonly #socket: WebSocket;
  #onFrame: () => void = () => undefined;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  static async open(socketPath: string, path: string): Promise<DisplayViewer> {
    const through = { createConnection: () => connect(socketPath), perMessageDeflate: false };
    const socket = new WebSocket(`ws://lodge${path}`, ["binary"], through as never);
    const reader = new ByteReader("the server");
    socket.on("message", (bytes: Buffer) => reader.push(bytes));
    socket.on("error", (error) => reader.fail(error));
    socket.on("close", () => reader.fail(new RangeError("the display is closed")));
    const { format, ...size } = await greetServer(reader, (bytes) => socket.send(bytes));
    const viewer = new DisplayViewer(socket);
    const area = { x: 0, y: 0, ...size };
    socket.send(setEncodings(encodings));
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
        if (message.rectangles.some(({ encoding }) => hasPixels(encoding))) viewer.#drawn();
      }
    };
    listen().catch(() => undefined);
    return viewer;
  }

  #drawn(): void {
    this.frames++;
    this.#onFrame();
  }

  /** Milliseconds from a key's press to the next frame. */
  async key(): Promise<number> {
    const begin = performance.now();
    const frame = new Promise<void>((resolve) => (this.#onFrame = resolve));
    this.press();
    await frame;
    return performance.now() - begin;
  }

  press(): void {
    for (const down of [1, 0]) this.#socket.send(Buffer.from([4, down, 0, 0, 0, 0, 0, 0x61]));
  }

  close(): void {
    this.#socket.terminate();
  }
}
