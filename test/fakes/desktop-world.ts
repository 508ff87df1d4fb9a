/**
 * The real daemon with a desktop pool, somebody who may have a desktop of it and nothing else, and somebody who helps: no machine
 * runs, and what a display shows is a stand-in's.
 */
import { join } from "node:path";
import { WebSocket } from "ws";
import { createClient, type Client } from "#client/client";
import type { DesktopConnection } from "#contract/schema/desktop";
import type { DesktopPolicy } from "#contract/schema/desktop-pool";
import type { DesktopLineFromServer } from "#contract/schema/desktop-line";
import { FakeVnc } from "./fake-vnc.ts";
import { FakedDaemon } from "./faked-daemon.ts";

export const password = "correct horse battery";

/** Somebody in a browser. */
export interface Page {
  readonly name: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A WebSocket, and what came over it. */
export interface Peer {
  readonly socket: WebSocket;
  /** Text messages, as JSON. */
  readonly frames: DesktopLineFromServer[];
  /** Binary messages. */
  readonly bytes: Buffer[];
  /** 101, or why it did not open. */
  readonly status: Promise<number>;
  /** "1008 desktop.taken_over". */
  readonly closed: Promise<string>;
}

export class DesktopWorld {
  readonly daemon: FakedDaemon;
  readonly pool: string;
  #url: string;
  readonly #displays = new Map<string, FakeVnc>();

  private constructor(daemon: FakedDaemon, url: string, pool: string) {
    this.daemon = daemon;
    this.#url = url;
    this.pool = pool;
  }

  static async start(): Promise<DesktopWorld> {
    const daemon = await FakedDaemon.start({ listen: true });
    try {
      await daemon.image("desk", "lodge", true);
      const shape = { image: "desk", memory: 16_777_216, sound: false, standby: { count: 0 } };
      const body = { name: "office", ...shape, entitled: { everyone: true } };
      const { id } = await daemon.client.call("desktopPoolCreate", { body });
      return new DesktopWorld(daemon, await daemon.url(), id);
    } catch (error) {
      await daemon.close();
      throw error;
    }
  }

  get client(): Client {
    return this.daemon.client;
  }

  /** An account, signed in. */
  async person(name: string, role: "none" | "operator" | "admin"): Promise<Page> {
    await this.client.call("userCreate", { body: { name, role, password } });
    return this.signIn(name);
  }

  async signIn(name: string): Promise<Page> {
    const origin = this.#url;
    const response = await fetch(`${origin}/v1/session`, {
      method: "POST",
      headers: { "content-type": "application/json", origin },
      body: JSON.stringify({ name, password }),
    });
    const cookie = response.headers.getSetCookie()[0]?.split(";")[0] ?? "";
    return { name, headers: { cookie, origin } };
  }

  /** A program of its own for whoever looks after guests. */
  async operator(): Promise<Client> {
    const body = { name: `helper-${Math.random().toString(36).slice(2, 8)}`, role: "operator" } as const;
    const { secret } = await this.client.call("tokenCreate", { body });
    return createClient({ url: this.#url, token: secret });
  }

  /** What `lodge` needs on his own computer: where this is, and a token of his, which takes a role in some project. */
  async commandLine(page: Page): Promise<Readonly<Record<string, string>>> {
    const [project, role] = ["elsewhere", "viewer"] as const;
    await this.client.call("projectCreate", { body: { name: project } });
    await this.client.call("memberGrant", { params: { project }, body: { user: page.name, role } });
    const { status, text } = await this.ask(page, "POST", "/v1/tokens", { name: "lodge", project, role });
    if (status >= 300) throw new TypeError(text);
    return { LODGE_URL: this.#url, LODGE_TOKEN: (JSON.parse(text) as { secret: string }).secret };
  }

  async ask(page: Page, method: string, path: string, body?: unknown) {
    const response = await fetch(this.#url + path, {
      method,
      headers: { ...page.headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text };
  }

  /** Gets his desktop, whose display is there. */
  async connect(page: Page, body: object = {}): Promise<DesktopConnection & { readonly ticket: string }> {
    for (;;) {
      const answer = await this.ask(page, "POST", `/v1/my-desktops/${this.pool}/connect`, body);
      if (answer.status === 200) return JSON.parse(answer.text) as DesktopConnection & { ticket: string };
      if (!answer.text.includes("console.no_display")) throw new TypeError(answer.text);
      for (const { guest } of await this.client.call("desktopList")) if (guest) await this.#show(guest);
    }
  }

  async #show(guest: string): Promise<void> {
    if (this.#displays.has(guest)) return;
    const qemu = new FakeVnc(join(this.daemon.paths.run, guest, "display"));
    this.#displays.set(guest, qemu);
    await qemu.start();
  }

  /** Opens a WebSocket, as a page with its cookie or, without one, as whoever shows what is in the address. */
  open(path: string, page?: Page): Peer {
    const socket = new WebSocket(this.#url.replace("http", "ws") + path, { headers: { ...page?.headers } });
    const [frames, bytes]: [Peer["frames"], Buffer[]] = [[], []];
    socket.on("error", () => undefined);
    socket.on("message", (data: Buffer, isBinary) => {
      if (isBinary) bytes.push(data);
      else frames.push(JSON.parse(data.toString()) as DesktopLineFromServer);
    });
    const closed = new Promise<string>((resolve) =>
      socket.on("close", (code, reason) => resolve(`${code} ${reason.toString()}`)),
    );
    const status = new Promise<number>((resolve) => {
      socket.on("open", () => resolve(101));
      socket.on("unexpected-response", (_request, response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
    });
    return { socket, frames, bytes, status, closed };
  }

  /** A display, whose greeting has come. */
  async display({
    desktop,
    ticket,
  }: {
    readonly desktop: { readonly guest?: string };
    readonly ticket: string;
  }) {
    const peer = this.open(`/v1/guests/${desktop.guest}/display?ticket=${ticket}`);
    const greeted = new Promise((resolve) => peer.socket.once("message", resolve));
    await Promise.race([greeted, peer.closed]);
    if (peer.bytes.length > 0)
      for (const answer of [Buffer.from("RFB 003.008\n"), Buffer.of(1), Buffer.of(1)])
        peer.socket.send(answer);
    return peer;
  }

  async policy(policy: DesktopPolicy): Promise<void> {
    await this.client.call("desktopPoolUpdate", { params: { desktopPool: this.pool }, body: { policy } });
  }

  async restart(): Promise<void> {
    await this.daemon.restart();
    this.#url = await this.daemon.url();
  }

  async close(): Promise<void> {
    await this.daemon.close();
    for (const qemu of this.#displays.values()) await qemu.close().catch(() => undefined);
  }
}
