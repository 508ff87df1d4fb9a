/**
 * The HTTP server: one application, reached through a unix socket and, where asked for, a loopback
 * address. How it listens is in listen.ts, who may come in guard.ts, what there is in router.ts.
 */
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type RequestListener,
  type Server as HttpServer,
} from "node:http";
import type { Socket } from "node:net";
import websocket from "@fastify/websocket";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { LodgeError, catalogue } from "#contract/errors";
import { routes } from "#contract/routes";
import { schemas } from "#contract/schemas";
import { longestMessage } from "#contract/stream";
import type { Log } from "#base/log";
import { Admission } from "./admission.ts";
import { cookieName } from "./cookie.ts";
import { createGuard, type Listener } from "./guard.ts";
import { allHandlers } from "./handlers.ts";
import { formatAddress, listenTcp, listenUnix, parseListen } from "./listen.ts";
import { openapi } from "./openapi.ts";
import { bodyLimit, toAnswer } from "./problem.ts";
import { pathOf, registerRoutes } from "./router.ts";
import type { Services } from "./services.ts";

export interface ServerOptions {
  readonly services: Services;
  readonly log: Log;
  /** Lodge's version, for the OpenAPI document. */
  readonly version: string;
  /** The secret in the home's token file, which opens a loopback address as the host. */
  readonly token?: string;
  /** What the session's cookie is named by. */
  readonly tag?: string;
}

export interface Server {
  /** Listens on a unix socket of mode 0660. @throws LodgeError api.address_in_use */
  listenUnix(path: string): Promise<void>;
  /**
   * Listens on a loopback address, "HOST:PORT"; resolves to it, with the port that port 0 became.
   * @throws LodgeError api.address_refused, api.address_in_use
   */
  listenTcp(address: string): Promise<string>;
  /** Stops: streams and waits end with api.stopping, other requests get two seconds. */
  close(): Promise<void>;
}

/** Connections at once, of one socket. A host has hundreds of guests, some with a console each. */
const maxConnections = 2048;
/** Milliseconds between pings, so that a peer that is gone is found even where nothing is to be said. */
const pingEvery = 20_000;
/** Milliseconds that requests have to end when the server closes. */
const closeGrace = 2_000;

const limits = { headersTimeout: 10_000, requestTimeout: 60_000, keepAliveTimeout: 10_000 };
/** A peer whose computer died is noticed by the kernel's probes. */
const socketOptions = { keepAlive: true, keepAliveInitialDelay: 30_000 };

export async function createServer(options: ServerOptions): Promise<Server> {
  const stopping = new AbortController();
  const servers: HttpServer[] = [];
  const origins: string[] = [];
  const connections = new Set<Socket>();
  /** By which way each request came in. */
  const listeners = new WeakMap<IncomingMessage, Listener>();
  let answer: RequestListener = () => undefined;
  const app = fastify({
    // The real servers are made below, where they listen; this one only carries upgrades to the plugin.
    serverFactory: (handler) => {
      answer = handler;
      return createHttpServer(handler);
    },
    bodyLimit,
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: 200 },
    frameworkErrors: (error, request, reply) => answerError(error, request, reply, options.log),
  });
  const listenerOf = ({ raw }: FastifyRequest): Listener => {
    const listener = listeners.get(raw);
    if (!listener) throw new TypeError("a request came from nowhere");
    return listener;
  };
  await prepare(app, options, { listenerOf, origins: () => origins, stopping: stopping.signal });

  const pinging = setInterval(() => {
    for (const client of app.websocketServer.clients) client.ping();
  }, pingEvery);
  pinging.unref();

  function serve(listener: Listener): HttpServer {
    const server = createHttpServer({ ...limits, ...socketOptions }, (request, response) => {
      listeners.set(request, listener);
      answer(request, response);
    });
    server.maxConnections = maxConnections;
    server.on("connection", (socket) => {
      connections.add(socket);
      socket.once("close", () => connections.delete(socket));
    });
    server.on("upgrade", (request, socket, head) => {
      listeners.set(request, listener);
      app.server.emit("upgrade", request, socket, head);
    });
    servers.push(server);
    return server;
  }

  return {
    listenUnix: (path) => listenUnix(serve({ trusted: true, secure: false }), path),
    async listenTcp(address) {
      const server = serve({ trusted: false, secure: false });
      const bound = formatAddress(await listenTcp(server, parseListen(address)));
      origins.push(`http://${bound}`);
      return bound;
    },
    async close() {
      clearInterval(pinging);
      stopping.abort(new LodgeError("api.stopping"));
      const closed = servers.map((server) => closeServer(server));
      const cut = setTimeout(() => {
        for (const socket of connections) socket.destroy();
      }, closeGrace);
      await Promise.all(closed);
      clearTimeout(cut);
      await app.close();
    },
  };
}

interface Surroundings {
  readonly listenerOf: (request: FastifyRequest) => Listener;
  /** Where browsers find this server. */
  readonly origins: () => readonly string[];
  readonly stopping: AbortSignal;
}

async function prepare(
  app: FastifyInstance,
  options: ServerOptions,
  { listenerOf, origins, stopping }: Surroundings,
): Promise<void> {
  const { access } = options.services;
  const cookie = (listener: Listener) => cookieName(options.tag ?? "local", listener);
  const guard = createGuard({ access, token: options.token, names: new Set(), cookie });
  const admission = new Admission({ guard, access, listenerOf, cookie, stopping });
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply, options.log));
  app.setNotFoundHandler((request) => {
    throw new LodgeError("api.not_found", { path: pathOf(request) });
  });
  takeJson(app);
  await app.register(websocket, {
    options: { maxPayload: longestMessage, perMessageDeflate: false },
    errorHandler: (_error, socket) => socket.terminate(),
  });
  admission.install(app);
  const handlers = allHandlers(options.services, origins);
  registerRoutes(app, { handlers, admission, log: options.log, stopping });
  app.get("/v1/openapi.json", async () => openapi({ version: options.version, routes, schemas, catalogue }));
  await app.ready();
}

/** Bodies are JSON and nothing else. An empty one counts as none. */
function takeJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser("error", "error");
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "string" }, (request, body, done) => {
    if (body === "") done(null, undefined);
    else parse(request, body as string, done);
  });
}

function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply, log: Log): void {
  const problem = toAnswer(error, pathOf(request), request.id, log).toProblem();
  if (problem.status === 401) reply.header("www-authenticate", "Bearer");
  if (problem.status === 429) reply.header("retry-after", String(problem.params["seconds"]));
  if (problem.status === 426) reply.header("upgrade", "websocket").header("connection", "Upgrade");
  // An upgrade that is refused has taken its connection from the HTTP server: nobody else would end it.
  if (request.raw.headers.upgrade) reply.raw.once("finish", () => request.raw.socket.destroySoon());
  void reply.code(problem.status).type("application/problem+json").send(JSON.stringify(problem));
}

function closeServer(server: HttpServer): Promise<void> {
  if (!server.listening) return Promise.resolve();
  return new Promise((resolve) => server.close(() => resolve()));
}
