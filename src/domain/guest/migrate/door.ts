/** A socket in a guest's folder that its QEMU connects to, each connection led on to another host. */
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import type { Duplex } from "node:stream";
import { joinStreams } from "#base/join-streams";
import { shareOwn } from "#base/own-socket";

export class Door implements AsyncDisposable {
  readonly #server: Server;
  readonly #path: string;
  readonly #open = new Set<Duplex>();

  private constructor(server: Server, path: string) {
    this.#server = server;
    this.#path = path;
  }

  /** `lead` opens the connection to where one is led. */
  static async open(path: string, lead: () => Promise<Duplex>): Promise<Door> {
    await rm(path, { force: true });
    const server = createServer({ allowHalfOpen: true });
    const door = new Door(server, path);
    server.on("connection", (near) => {
      door.#open.add(near);
      near.once("close", () => door.#open.delete(near));
      near.on("error", () => undefined);
      lead().then(
        (far) => {
          door.#open.add(far);
          far.once("close", () => door.#open.delete(far));
          return joinStreams(near, far);
        },
        () => near.destroy(),
      );
    });
    server.listen(path);
    await once(server, "listening");
    shareOwn(path);
    return door;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    for (const stream of this.#open) stream.destroy();
    await rm(this.#path, { force: true });
  }
}
