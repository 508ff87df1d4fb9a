/**
 * Requests that a client sends ahead on one connection are served one after another, as they are answered. Served all at
 * once, their answers would gather in memory until the client takes the first of them.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** Requests that may wait for their turn; a client that sends more ahead is no browser's. */
const mostAhead = 64;

type Request = [IncomingMessage, ServerResponse];

export function oneAtATime(serve: RequestListener): RequestListener {
  const ahead = new WeakMap<Socket, Request[]>();

  function begin(...[request, response]: Request): void {
    const { socket } = request;
    serve(request, response);
    // After all that `serve` does at its end: the next one's beginning is not to be taken back by that.
    response.once("close", () => {
      const next = ahead.get(socket)?.shift();
      if (!next || socket.destroyed) ahead.delete(socket);
      else begin(...next);
    });
  }

  return (request, response) => {
    const { socket } = request;
    const waiting = ahead.get(socket);
    if (!waiting) {
      ahead.set(socket, []);
      begin(request, response);
    } else if (waiting.length < mostAhead) waiting.push([request, response]);
    else socket.destroy();
  };
}
