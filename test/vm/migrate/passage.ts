/** What a daemon is between two QEMUs: listens where one connects to, and leads what comes to where the other listens. */
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";

export class Passage {
  readonly #server: Server;
  readonly #path: string;
  readonly #sockets = new Set<Socket>();
  /** Bytes that went to the other side. */
  bytes = 0;
  #limit = Infinity;
  /** Resolves when the limit of bytes is reached, and nothing passes any more. */
  readonly held = Promise.withResolvers<void>();

  private constructor(server: Server, path: string) {
    this.#server = server;
    this.#path = path;
  }

  static async open(from: string, to: string): Promise<Passage> {
    await rm(from, { force: true });
    const server = createServer();
    const passage = new Passage(server, from);
    server.on("connection", (near) => passage.#lead(near, connect(to)));
    server.listen(from);
    await once(server, "listening");
    return passage;
  }

  /** After so many bytes nothing passes any more, and nobody is told. */
  holdAfter(bytes: number): void {
    this.#limit = bytes;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await rm(this.#path, { force: true });
  }

  #lead(near: Socket, far: Socket): void {
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(one);
      one.on("error", () => undefined);
      one.on("close", () => other.destroy());
      one.on("end", () => other.end());
    }
    far.on("data", (bytes: Buffer) => near.write(bytes));
    near.on("data", (bytes: Buffer) => {
      this.bytes += bytes.length;
      if (this.bytes > this.#limit) {
        near.pause();
        return this.held.resolve();
      }
      if (far.write(bytes)) return;
      near.pause();
      far.once("drain", () => near.resume());
    });
  }
}
