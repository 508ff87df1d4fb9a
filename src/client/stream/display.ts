import type { ClientRequest, IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { createWebSocketStream } from "ws";
import { catalogue, LodgeError, type ErrorCode } from "#contract/errors";
import { nameOf, type Address } from "../address.ts";
import { answerError } from "../request.ts";
import { connectionError, readAll } from "../transport.ts";
import { dial } from "./connection.ts";

/** WebSocket close codes (RFC 6455, 7.4.1). */
const over = 1000;

/** Bytes: a frame of a large screen may come as one message. */
const longestFrame = 64 * 1_048_576;

const isCode = (reason: string): reason is ErrorCode => Object.hasOwn(catalogue, reason);

/**
 * A guest's display, as the bytes of RFB 3.8, by a ticket in the path. It is destroyed with why it was closed where that was not since
 * there is nothing to see any more.
 */
export async function openDisplay(address: Address, path: string, guest: string): Promise<Duplex> {
  const socket = dial(address, path, longestFrame);
  const stream = createWebSocketStream(socket);
  const opened = Promise.withResolvers<void>();
  const fail = (error: unknown) => {
    opened.reject(error);
    stream.destroy(error as Error);
  };
  socket.on("open", () => opened.resolve());
  socket.on("unexpected-response", (_request: ClientRequest, response: IncomingMessage) => {
    readAll(response).then(
      (body) => fail(answerError(response.statusCode ?? 0, body, nameOf(address))),
      fail,
    );
  });
  socket.on("close", (code, reason) => {
    const said = reason.toString();
    if (code === over) return;
    fail(
      isCode(said)
        ? new LodgeError(said, { guest })
        : new LodgeError("api.daemon_lost", { address: nameOf(address) }),
    );
  });
  // Whoever reads it is told, too.
  stream.on("error", (error) => {
    opened.reject(error instanceof LodgeError ? error : connectionError(error, address));
  });
  await opened.promise;
  return stream;
}
