/**
 * What comes in plain HTTP to a door that is under TLS: somebody typed the address without "https". The first byte
 * tells, since a TLS record begins with 22 (RFC 8446, 5.1) and a method with a letter. A page is sent on to where it is;
 * anything else is told what is wrong, and not served: it may have carried a secret in the open already.
 */
import type { IncomingMessage, RequestListener, Server as HttpServer } from "node:http";
import type { Server as SecureServer } from "node:https";
import type { Socket } from "node:net";
import { LodgeError } from "#contract/errors";

const { createServer } = process.getBuiltinModule("node:http");

const isLetter = (byte: number): boolean => byte >= 0x41 && byte <= 0x5a;

export interface PlainDoorOptions {
  /** Does Lodge answer to the name in this request's Host header? */
  readonly knows: (request: IncomingMessage) => boolean;
  /** Milliseconds for a first byte, and then for all of what is in plain HTTP. */
  readonly patience: number;
  readonly maxHeaderSize: number;
}

/** Has a server under TLS tell what is in plain HTTP where it belongs. */
export function openPlainDoor(server: SecureServer, options: PlainDoorOptions): void {
  const plain = createServer({ maxHeaderSize: options.maxHeaderSize }, answer(options));
  const secured = server.listeners("connection") as ((socket: Socket) => void)[];
  server.removeAllListeners("connection");
  server.on("connection", (socket: Socket) => {
    const limit = setTimeout(() => socket.destroy(), options.patience);
    socket.once("close", () => clearTimeout(limit));
    // A connection may fail before it is anybody's.
    const ignore = () => undefined;
    socket.on("error", ignore);
    socket.once("readable", () => {
      const first = socket.read(1) as Buffer | null;
      if (!first) return void socket.destroy();
      socket.unshift(first);
      if (isLetter(first[0]!)) return pass(plain, socket);
      clearTimeout(limit);
      socket.off("error", ignore);
      for (const listener of secured) listener.call(server, socket);
    });
  });
}

const pass = (plain: HttpServer, socket: Socket): void => void plain.emit("connection", socket);

const answer =
  ({ knows }: PlainDoorOptions): RequestListener =>
  (request, response) => {
    const { method, url = "", headers } = request;
    response.setHeader("connection", "close");
    response.setHeader("cache-control", "no-store");
    const reads = method === "GET" || method === "HEAD";
    // A program that has shown its token to whoever is on the way is told so, and not led past it.
    if (reads && headers.authorization === undefined && url.startsWith("/") && knows(request)) {
      response.writeHead(308, { location: `https://${headers.host}${url}` }).end();
      return;
    }
    const problem = new LodgeError("api.tls_needed").toProblem();
    response.writeHead(problem.status, { "content-type": "application/problem+json" });
    response.end(JSON.stringify(problem));
  };
