/** Between a client and a member: hands on what it is given, or keeps it until it is told to hand it on after all. */
import { EventEmitter, once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import type { AddressInfo } from "node:net";

type Direction = "requests" | "answers";

export class HoldingProxy {
  readonly #server: Server;
  readonly #target: URL;
  readonly #sockets = new Set<Socket>();
  readonly #held: (() => void)[] = [];
  readonly #news = new EventEmitter();
  #holds: Direction | undefined;

  private constructor(target: URL) {
    this.#target = target;
    this.#server = createServer((client) => this.#join(client));
  }

  static async before(endpoint: string): Promise<HoldingProxy> {
    const proxy = new HoldingProxy(new URL(endpoint));
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** From now on keeps what comes in one direction. Whose client goes away meanwhile is handed on all the same. */
  hold(direction: Direction): void {
    this.#holds = direction;
  }

  /** Hands on what was kept; resolves when the member has answered to it. */
  async release(): Promise<void> {
    this.#holds = undefined;
    const answered = once(this.#news, "answer");
    for (const handOn of this.#held.splice(0)) handOn();
    await answered;
  }

  get isHolding(): boolean {
    return this.#held.length > 0;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  #join(client: Socket): void {
    const member = connect(Number(this.#target.port), this.#target.hostname);
    for (const socket of [client, member]) {
      this.#sockets.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => this.#sockets.delete(socket));
    }
    client.on("data", (bytes: Buffer) => this.#pass("requests", () => member.write(bytes)));
    member.on("data", (bytes: Buffer) => {
      this.#news.emit("answer");
      this.#pass("answers", () => void (client.destroyed || client.write(bytes)));
    });
  }

  #pass(direction: Direction, handOn: () => void): void {
    if (this.#holds === direction) this.#held.push(handOn);
    else handOn();
  }
}
