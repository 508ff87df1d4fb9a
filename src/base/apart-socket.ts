/**
 * TCP sockets as descriptors of this process, to be given to other programs: none of Node's parts reads from them, writes to
 * them or closes them any more.
 */
import { closeSync } from "node:fs";
import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { duplicate, shutDown } from "./libc.ts";

/** What Node has below a socket or a server; none of its documents names it. */
interface Handled {
  readonly _handle?: { readonly fd: number } | null;
}

export class ApartSocket implements Disposable {
  readonly descriptor: number;
  #open = true;

  private constructor(descriptor: number) {
    this.descriptor = descriptor;
  }

  /** Of a connection of which nothing is under way: Node may read what comes until then. Undefined: it is closed. */
  static of(socket: Socket): ApartSocket | undefined {
    socket.setNoDelay(true);
    const descriptor = duplicateOf(socket);
    socket.destroy();
    return descriptor === undefined ? undefined : new ApartSocket(descriptor);
  }

  /** Listens at the first of these ports that is free; undefined: at none. Nobody accepts until a program does. */
  static async listen(
    host: string,
    ports: Iterable<number>,
  ): Promise<{ readonly socket: ApartSocket; readonly port: number } | undefined> {
    const server = await listen(host, ports);
    if (!server) return undefined;
    const { port } = server.address() as AddressInfo;
    const descriptor = duplicateOf(server);
    server.close();
    return descriptor === undefined ? undefined : { socket: new ApartSocket(descriptor), port };
  }

  /** Ends the connection for whoever has it, and forgets it. Idempotent. */
  cut(): void {
    if (this.#open) shutDown(this.descriptor);
    this[Symbol.dispose]();
  }

  /** Forgets it; whoever else has it goes on. Idempotent. */
  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.descriptor);
  }
}

/** A server of Node's at the first of these ports that is free; undefined: none is, or this computer has not that address. */
async function listen(host: string, ports: Iterable<number>): Promise<Server | undefined> {
  for (const port of ports) {
    const server = createServer();
    try {
      server.listen({ host, port, exclusive: true });
      await once(server, "listening");
      return server;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") return undefined;
    }
  }
  return undefined;
}

function duplicateOf(owner: Socket | Server): number | undefined {
  const { fd = -1 } = (owner as unknown as Handled)._handle ?? {};
  const descriptor = fd < 0 ? -1 : duplicate(fd);
  return descriptor < 0 ? undefined : descriptor;
}
