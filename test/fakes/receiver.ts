/** A real HTTP server on loopback that takes webhooks' messages, and answers as a test says. */
import { EventEmitter, once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

export interface Received {
  readonly id: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

type Answer = (response: ServerResponse, received: Received, request: IncomingMessage) => void;

export const status =
  (code: number, headers: Readonly<Record<string, string>> = {}): Answer =>
  (response) =>
    void response.writeHead(code, headers).end(code < 300 ? "thanks" : "no");

export class Receiver {
  readonly #server: Server;
  readonly #told = new EventEmitter().setMaxListeners(0);
  readonly #scheme: string;
  readonly received: Received[] = [];
  answer: Answer = status(200);

  private constructor(tls?: { readonly key: string; readonly cert: string }) {
    this.#scheme = tls ? "https" : "http";
    const take = (request: IncomingMessage, response: ServerResponse) => void this.#take(request, response);
    this.#server = tls ? createTlsServer(tls, take) : createServer(take);
  }

  static async open(tls?: { readonly key: string; readonly cert: string }): Promise<Receiver> {
    const receiver = new Receiver(tls);
    receiver.#server.listen(0, "127.0.0.1");
    await once(receiver.#server, "listening");
    return receiver;
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `${this.#scheme}://${this.#scheme === "https" ? "localhost" : "127.0.0.1"}:${port}/hook`;
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on("error", () => undefined);
    const body = await text(request);
    const headers = request.headers as Record<string, string>;
    const received = { id: headers["webhook-id"] ?? "", headers, body };
    this.received.push(received);
    this.answer(response, received, request);
    this.#told.emit("received");
  }

  /** Resolves once so many messages have come. */
  async has(count: number): Promise<void> {
    while (this.received.length < count) await once(this.#told, "received");
  }

  get types(): string[] {
    return this.received.map(({ body }) => (JSON.parse(body) as { type: string }).type);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
