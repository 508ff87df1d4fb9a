/**
 * The doors: one HTTP or HTTPS server for each place where Lodge listens, with the limits that keep a client
 * who is slow, silent or many from taking the place of others.
 */
import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import type { Server as SecureServer } from "node:https";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Log } from "#base/log";
import { addressGroup } from "#domain/access/attempts";
import { Connections } from "./connections.ts";
import type { Listener } from "./caller.ts";
import { oneAtATime } from "./one-at-a-time.ts";
import type { PeerTls } from "./peer-door.ts";
import { openPlainDoor } from "./plain-door.ts";

/** Importing it would read every getter of the module, one of which loads 12 MiB of what is not needed. */
const { createServer: createHttpServer } = process.getBuiltinModule("node:http");

/** The certificate for addresses that other computers reach. */
export interface Tls {
  /** PEM; asked for anew now and then, and used from then on where it has changed. */
  current(): Promise<{ readonly key: string; readonly cert: string }>;
  /** Names and addresses by which browsers find this computer, the best first. */
  names(): readonly string[];
}

/** Connections at once, of one door. A host has hundreds of guests, some with a console each. */
const maxConnections = 2048;
/** Of one computer: it cannot take all of them. Whatever stands before Lodge on this one may have more. */
const maxOfAddress = 256;
const maxOfLoopback = 1536;

const usualOfAddress = (group: string): number =>
  group === addressGroup("::1") || group.startsWith("127.") ? maxOfLoopback : maxOfAddress;

/** Milliseconds in which whoever is answered takes some of it. */
const stallTimeout = 30_000;

const limits = {
  /** Milliseconds for the whole head, from the connection on, then for the body, and of silence between requests. */
  headersTimeout: 10_000,
  requestTimeout: 60_000,
  keepAliveTimeout: 10_000,
  /** How exactly these are kept. */
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 16_384,
  /** A peer whose computer died is noticed by the kernel's probes. */
  keepAlive: true,
  keepAliveInitialDelay: 30_000,
};
const tlsLimits = { minVersion: "TLSv1.2", handshakeTimeout: 10_000 } as const;

/** Milliseconds between looks for a renewed certificate. */
const renewEvery = 3_600_000;

export interface FrontOptions {
  readonly answer: RequestListener;
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer, listener: Listener) => void;
  readonly log: Log;
  /** Milliseconds for a request's head. */
  readonly headersTimeout?: number;
  /** Connections at once, of one address and in all, in place of the usual. */
  readonly ofAddress?: number;
  readonly total?: number;
  /** Milliseconds in which whoever is answered takes some of it. */
  readonly stallTimeout?: number;
  /** Does Lodge answer to the name in this request's Host header? */
  readonly knows: (request: IncomingMessage) => boolean;
}

export class Front {
  readonly #options: FrontOptions;
  readonly #servers: Server[] = [];
  readonly #connections = new Set<Socket>();
  /** Those with a request that is not answered yet. */
  readonly #answering = new WeakSet<Socket>();
  /** By which door each request came in. */
  readonly #listeners = new WeakMap<IncomingMessage, Listener>();
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #closing: (() => void)[] = [];

  constructor(options: FrontOptions) {
    this.#options = options;
  }

  listenerOf(request: IncomingMessage): Listener {
    const listener = this.#listeners.get(request);
    if (!listener) throw new TypeError("a request came from nowhere");
    return listener;
  }

  #limits(): typeof limits {
    return { ...limits, headersTimeout: this.#options.headersTimeout ?? limits.headersTimeout };
  }

  /** A door in plain HTTP. */
  plain(listener: Listener): Server {
    return this.#open(createHttpServer(this.#limits()), listener);
  }

  /** A door under TLS, whose certificate is renewed while it is open. */
  async secure(listener: Listener, tls: Tls): Promise<Server> {
    let used = await tls.current();
    // Loaded where other computers get here: most daemons never do.
    const { createServer: createHttpsServer } = await import("node:https");
    const server = createHttpsServer({ ...this.#limits(), ...tlsLimits, ...used });
    openPlainDoor(server, {
      knows: this.#options.knows,
      patience: tlsLimits.handshakeTimeout,
      maxHeaderSize: limits.maxHeaderSize,
    });
    const timer = setInterval(() => {
      this.#renew(server, tls, used).then(
        (now) => (used = now),
        (error: unknown) => this.#options.log.warn({ err: error }, "the certificate could not be renewed"),
      );
    }, renewEvery);
    this.#timers.push(timer.unref());
    return this.#open(server, listener);
  }

  async #renew(server: SecureServer, tls: Tls, used: { key: string; cert: string }) {
    const now = await tls.current();
    if (now.cert === used.cert && now.key === used.key) return used;
    server.setSecureContext({ ...tlsLimits, ...now });
    this.#options.log.info("the certificate was renewed");
    return now;
  }

  /** The door for the other hosts of the cluster: see peer-door.ts. */
  async peer(tls: PeerTls): Promise<Server> {
    const { openPeerServer } = await import("./peer-door.ts");
    const server = openPeerServer(tls, this.#limits());
    this.#closing.push(() => server.forget());
    return this.#open(server.https, { trusted: false, secure: true, peer: true });
  }

  /** A door for hosts from outside that bring a guest: see visitor-door.ts. */
  async visitors(certificate: { readonly cert: string; readonly key: string }): Promise<Server> {
    const { openVisitorServer } = await import("./visitor-door.ts");
    const server = openVisitorServer(certificate, this.#limits());
    return this.#open(server, { trusted: false, secure: true, visitors: true });
  }

  #open<S extends Server>(server: S, listener: Listener): S {
    const { ofAddress, total = maxConnections } = this.#options;
    // A host of the cluster has a connection for each console that it carries.
    const usual = listener.peer ? () => maxOfLoopback : usualOfAddress;
    const connections = new Connections({ total, ofAddress: ofAddress ? () => ofAddress : usual });
    if (listener.trusted) server.maxConnections = maxConnections;
    server.on("connection", (socket: Socket) => {
      this.#connections.add(socket);
      socket.once("close", () => this.#connections.delete(socket));
      if (!listener.trusted) connections.add(socket);
    });
    const answer = oneAtATime((request, response) => {
      connections.serve(request, response);
      this.#answering.add(request.socket);
      response.once("close", () => this.#answering.delete(request.socket));
      this.#options.answer(request, response);
    });
    server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      this.#listeners.set(request, listener);
      answer(request, response);
    });
    server.on("upgrade", (request: IncomingMessage, socket, head) => {
      connections.upgrade(request);
      this.#listeners.set(request, listener);
      this.#options.upgrade(request, socket, head, listener);
    });
    // Who waits long for an answer may; who does not take it, or says nothing, may not.
    server.timeout = this.#options.stallTimeout ?? stallTimeout;
    server.on("timeout", (socket: Socket) => {
      if (socket.writableLength > 0 || !this.#answering.has(socket)) socket.destroy();
    });
    this.#servers.push(server);
    return server;
  }

  /** Lets requests end for so many milliseconds, then cuts what is left. */
  async close(grace: number): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    for (const end of this.#closing) end();
    const closed = this.#servers.map(closeServer);
    const cut = setTimeout(() => {
      for (const socket of this.#connections) socket.destroy();
    }, grace);
    await Promise.all(closed);
    clearTimeout(cut);
  }
}

function closeServer(server: Server): Promise<void> {
  if (!server.listening) return Promise.resolve();
  return new Promise((resolve) => server.close(() => resolve()));
}
