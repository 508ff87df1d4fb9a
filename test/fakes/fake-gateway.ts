/** A member of an etcd as its gateway looks from outside: answers each path as it is told. */
import { once } from "node:events";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

const { createServer } = process.getBuiltinModule("node:http");

/** Undefined: is silent. */
type Reply = (body: unknown, response: ServerResponse) => unknown;

export class FakeGateway {
  readonly asked: string[] = [];
  readonly #server: Server;
  #replies: Readonly<Record<string, Reply>> = {};

  private constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  static async start(replies: Readonly<Record<string, Reply>>): Promise<FakeGateway> {
    const gateway = new FakeGateway();
    gateway.#replies = replies;
    gateway.#server.listen(0, "127.0.0.1");
    await once(gateway.#server, "listening");
    return gateway;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  replyAlso(replies: Readonly<Record<string, Reply>>): void {
    this.#replies = { ...this.#replies, ...replies };
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? "";
    this.asked.push(path);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const answer = this.#replies[path]?.(JSON.parse(Buffer.concat(chunks).toString()), response);
    if (answer !== undefined) response.end(JSON.stringify(answer));
  }
}

export const header = (revision = 1, cluster = "7") => ({
  cluster_id: cluster,
  member_id: "1",
  revision: `${revision}`,
});

/** Answers with an error of gRPC's. */
export const refuse =
  (code: number, message: string): Reply =>
  (_, response) => {
    response.statusCode = 400;
    return { error: message, message, code };
  };
