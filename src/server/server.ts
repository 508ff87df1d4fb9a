/**
 * The HTTP server: one application, reached through a unix socket and, where asked for, by TCP. How it listens
 * is in front.ts and listen.ts, who may come in guard.ts, what there is in router.ts.
 */
import type { RequestListener } from "node:http";
import websocket from "@fastify/websocket";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { Sight } from "#domain/access/sight";
import { LodgeError, catalogue } from "#contract/errors";
import { routes } from "#contract/routes";
import { schemas } from "#contract/schemas";
import { longestMessage } from "#contract/stream";
import type { Log } from "#base/log";
import { Admission } from "./admission.ts";
import { installAudit } from "./audit.ts";
import { cookieName } from "./cookie.ts";
import { Front, type Tls } from "./front.ts";
import type { Listener } from "./caller.ts";
import { answersTo, createGuard, isLoopback } from "./guard.ts";
import { allHandlers } from "./handlers.ts";
import {
  formatAddress,
  isEveryAddress,
  listenTcp,
  listenUnix,
  parseListen,
  type TcpAddress,
} from "./listen.ts";
import { contentType } from "./metrics/exposition.ts";
import { Latency } from "./metrics/latency.ts";
import { metricsText } from "./metrics/metrics.ts";
import { openapi } from "./openapi.ts";
import { bodyLimit, toAnswer } from "./problem.ts";
import type { PeerTls } from "./peer-door.ts";
import { serveReference } from "./reference/serve.ts";
import type { PeerDoors } from "./forward.ts";
import type { PlacingParts } from "./placing.ts";
import { pathOf, registerRoutes } from "./router.ts";
import { installSecurityHeaders, setSecurityHeaders } from "./security-headers.ts";
import type { Services } from "./services.ts";
import { isTunnel, peerEnds, serveTunnel, type TunnelEnds, type TunnelParts } from "./stream/tunnel.ts";
import { installTus } from "./tus.ts";
import { visitorOf, type VisitorDoor } from "./visitor-door.ts";
import { serveWeb } from "./web.ts";

export interface ServerOptions {
  readonly services: Services;
  readonly log: Log;
  /** Lodge's version, for the OpenAPI document. */
  readonly version: string;
  /** The secret in the home's token file, which opens a loopback address as the host. */
  readonly token?: string;
  /** Where the web interface was built; without it there is the API alone. */
  readonly web?: string;
  /** What the session's cookie is named by. */
  readonly tag?: string;
  /** For addresses that other computers reach; without it there are none. */
  readonly tls?: Tls;
  /** Names and addresses that it also answers to. */
  readonly names?: readonly string[];
  /** Who is a member of the cluster, and where tunnels of members lead to. */
  readonly tunnels?: TunnelParts | undefined;
  /** The other hosts of a cluster, and which of them is to answer. */
  readonly peers?: PeerDoors | undefined;
  readonly placing?: PlacingParts | undefined;
  /** The door for hosts from outside. */
  readonly visitors?: VisitorDoor | undefined;
}

export interface Server {
  /** Listens on a unix socket of mode 0660. @throws LodgeError api.address_in_use */
  listenUnix(path: string): Promise<void>;
  /**
   * Listens on "HOST:PORT", in plain HTTP on a loopback address and under TLS on any other; resolves to it,
   * with the port that port 0 became.
   * @throws LodgeError api.address_refused, api.address_in_use
   */
  listenTcp(address: string): Promise<string>;
  /** Listens for the other hosts of the cluster. @throws LodgeError api.address_refused, api.address_in_use */
  listenPeers(address: string, tls: PeerTls): Promise<string>;
  /** Listens at "HOST:PORT" for hosts from outside; resolves to what ends it. @throws LodgeError api.address_refused, api.address_in_use */
  listenVisitors(address: string): Promise<() => Promise<void>>;
  /** Stops: streams and waits end with api.stopping, other requests get two seconds. */
  close(): Promise<void>;
}

/** Importing it would read every getter of the module, one of which loads 12 MiB of what is not needed. */
const { createServer: createHttpServer } = process.getBuiltinModule("node:http");

/** Milliseconds between pings, so that a peer that is gone is found even where nothing is to be said. */
const pingEvery = 20_000;
/** `closeTimeout`: milliseconds in which the other end of a WebSocket that was closed says goodbye as well. */
const socketLimits = { maxPayload: longestMessage, perMessageDeflate: false, closeTimeout: 2_000 };
/** Milliseconds that requests have to end when the server closes. */
const closeGrace = 2_000;

/** Fastify's own compilers of schemas would be loaded, 2 MiB, though router.ts sets another and answers have none. */
const notCompiled = (): never => {
  throw new TypeError("a schema was not for the router's own compiler");
};
const compilersFactory = { buildValidator: notCompiled, buildSerializer: notCompiled };

export async function createServer(options: ServerOptions): Promise<Server> {
  const stopping = new AbortController();
  const origins: string[] = [];
  const names = new Set([...(options.names ?? []), ...(options.tls?.names() ?? [])]);
  let answer: RequestListener = () => undefined;
  const app = fastify({
    // The real servers are the front's; this one only carries upgrades to the plugin.
    serverFactory: (handler) => {
      answer = handler;
      return createHttpServer(handler);
    },
    bodyLimit,
    exposeHeadRoutes: false,
    schemaController: { compilersFactory },
    routerOptions: { maxParamLength: 200 },
    frameworkErrors: (error, request, reply) => {
      setSecurityHeaders(reply, listenerOf(request));
      answerError(error, request, reply, options.log);
    },
  });
  const front = new Front({
    answer: (request, response) => answer(request, response),
    upgrade(request, socket, head, listener) {
      const ends = listener.peer
        ? options.tunnels && peerEnds(options.tunnels)
        : visitorEnds(options, listener);
      if (isTunnel(request) && ends)
        serveTunnel({ ...ends, log: options.log }, request, socket, head, stopping.signal);
      else app.server.emit("upgrade", request, socket, head);
    },
    log: options.log,
    knows: (request) => answersTo(names, request),
  });
  const listenerOf = ({ raw }: FastifyRequest): Listener => front.listenerOf(raw);
  await prepare(app, options, { listenerOf, names, origins: () => origins, stopping: stopping.signal });

  const pinging = setInterval(() => {
    for (const client of app.websocketServer.clients) client.ping();
  }, pingEvery);
  pinging.unref();

  return {
    listenUnix: (path) => listenUnix(front.plain({ trusted: true, secure: false }), path),
    async listenTcp(given) {
      const address = parseListen(given);
      const { tls } = options;
      const secure = !isLoopback(address.host);
      if (secure && !tls) throw new TypeError("there is no certificate for other computers");
      const listener = { trusted: false, secure };
      const server = secure && tls ? await front.secure(listener, tls) : front.plain(listener);
      const bound = await listenTcp(server, address);
      origins.push(...originsOf(bound, secure ? (tls?.names() ?? []) : []));
      return formatAddress(bound);
    },
    listenPeers: async (given, tls) =>
      formatAddress(await listenTcp(await front.peer(tls), parseListen(given))),
    async listenVisitors(given) {
      const { visitors } = options;
      if (!visitors) throw new TypeError("there is no certificate for visitors");
      const address = parseListen(given);
      const door = await front.visitors(await visitors.current(address.host));
      await listenTcp(door, address);
      return async () => void door.close();
    },
    async close() {
      clearInterval(pinging);
      stopping.abort(new LodgeError("api.stopping"));
      await front.close(closeGrace);
      await app.close();
    },
  };
}

/** What tunnels of hosts from outside lead to. */
function visitorEnds({ visitors }: ServerOptions, listener: Listener): TunnelEnds | undefined {
  if (!visitors || !listener.visitors) return undefined;
  return {
    async open(request, to) {
      const far = await visitors.lane(to, visitorOf(request));
      if (!far) throw new LodgeError("visit.not_allowed");
      return far;
    },
  };
}

/** Where browsers find what listens there: by names, where it listens on more than one address. */
function originsOf(address: TcpAddress, names: readonly string[]): string[] {
  if (isLoopback(address.host)) return [`http://${formatAddress(address)}`];
  const hosts = isEveryAddress(address.host) ? names : [address.host];
  return hosts.map((host) => `https://${formatAddress({ ...address, host })}`);
}

interface Surroundings {
  readonly listenerOf: (request: FastifyRequest) => Listener;
  /** What it answers to besides loopback and its own address. */
  readonly names: ReadonlySet<string>;
  /** Where browsers find this server. */
  readonly origins: () => readonly string[];
  readonly stopping: AbortSignal;
}

async function prepare(
  app: FastifyInstance,
  options: ServerOptions,
  { listenerOf, names, origins, stopping }: Surroundings,
): Promise<void> {
  const { access } = options.services;
  const cookie = (listener: Listener) => cookieName(options.tag ?? "local", listener);
  const members = options.tunnels?.members;
  const guard = createGuard({ access, token: options.token, names, cookie, members });
  const admission = new Admission({ guard, access, listenerOf, cookie, stopping });
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply, options.log));
  serveWeb(app, options.web);
  takeJson(app);
  installTus(app);
  await app.register(websocket, {
    options: socketLimits,
    errorHandler: (_error, socket) => socket.terminate(),
  });
  installSecurityHeaders(app, listenerOf);
  app.addHook("onSend", async (request, reply) => endUpgrade(request, reply));
  const auditing = { audit: options.services.audit, access, log: options.log };
  installAudit(app, auditing, (name) => routes[name]);
  admission.install(app);
  const latency = new Latency();
  latency.install(app);
  const handlers = allHandlers(options.services, origins);
  const { replies } = options.services;
  const { metrics, host, objects } = options.services;
  const { log, peers, placing } = options;
  const elsewhere = { peers, placing };
  registerRoutes(app, {
    handlers,
    objects,
    admission,
    audit: auditing,
    desktops: options.services.desktops,
    replies,
    ...elsewhere,
    log,
    stopping,
  });
  app.get("/metrics", { config: { permission: "viewer" } }, async (request, reply) => {
    const sight = new Sight(request.caller.actor, "viewer");
    const measured = { ...metrics, host: async () => (sight.seesHost ? host.get(sight) : undefined) };
    const text = await metricsText(measured, latency, sight);
    return reply.type(contentType).header("cache-control", "no-store").send(text);
  });
  serveReference(app, () => openapi({ version: options.version, routes, schemas, catalogue }));
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

/** An upgrade that is answered has taken its connection from the HTTP server: nobody else would end it. */
function endUpgrade(request: FastifyRequest, reply: FastifyReply): void {
  if (request.raw.headers.upgrade !== undefined)
    reply.raw.once("finish", () => request.raw.socket.destroySoon());
}

function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply, log: Log): void {
  const problem = toAnswer(error, pathOf(request), request.id, log).toProblem();
  // None of the hooks has seen a request whose address is no address.
  if (request.outcome) request.outcome.code = problem.code;
  if (problem.status === 401) reply.header("www-authenticate", "Bearer");
  const { status, params } = problem;
  if (status === 429 && params["seconds"] !== undefined)
    reply.header("retry-after", String(params["seconds"]));
  if (problem.status === 426) reply.header("upgrade", "websocket").header("connection", "Upgrade");
  endUpgrade(request, reply);
  void reply.code(problem.status).type("application/problem+json").send(JSON.stringify(problem));
}
