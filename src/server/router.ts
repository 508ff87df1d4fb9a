/** Puts every route of the contract before its handler: checks what comes in. What goes out: answer.ts. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { CallName, SseName, StreamName } from "#contract/call";
import { LodgeError } from "#contract/errors";
import { takesProject, takesReason, type Route } from "#contract/route";
import { routes, type RouteName } from "#contract/routes";
import { defaultProject, type Permission } from "#contract/access";
import { DeviceId } from "#contract/schema/device";
import { schemas } from "#contract/schemas";
import type { Log } from "#base/log";
import { neededFor, showsTicket, type Admission, type Holding, type Terms } from "./admission.ts";
import { isAudited, record, type AuditParts } from "./audit.ts";
import { sendAnswer } from "./answer.ts";
import { actorName } from "#domain/access/actor";
import { Sight } from "#domain/access/sight";
import { askedBy } from "#durable/operation/asker";
import { matcher, objectRoute } from "./etag.ts";
import type { Caller } from "./caller.ts";
import { answeredElsewhere, orElsewhere, placeOn } from "./elsewhere.ts";
import { forward, type PeerDoors } from "./forward.ts";
import type { AllHandlers, Call, Handler, StreamHandler } from "./handler.ts";
import { toAnswer } from "./problem.ts";
import { Placing, type PlacingParts } from "./placing.ts";
import { reach, type Reached } from "./reach.ts";
import { requireAdmitted } from "./intrusion.ts";
import type { DesktopService, ObjectService, ReplyService } from "./services.ts";
import { Channel } from "./stream/channel.ts";
import { pieceOf, readTus } from "./tus.ts";
import { spreadPages } from "./spread-pages.ts";
import { spreadList, type Spreading } from "./spread.ts";
import { ServerSentEvents } from "./stream/server-sent.ts";
import { checker, type Part } from "./validation.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** What it is about; undefined until that is known, and where it was refused. */
    reached: Reached | undefined;
  }
}

type AnyCall = Call<CallName> & Call<StreamName>;
type AnyStreamCall = Call<"guestExec">;

export interface RouterOptions {
  readonly handlers: AllHandlers;
  readonly objects: ObjectService;
  readonly admission: Admission;
  readonly audit: AuditParts;
  readonly desktops: Pick<DesktopService, "admit">;
  readonly replies: ReplyService;
  /** The other hosts of a cluster. */
  readonly peers?: PeerDoors | undefined;
  /** Chooses the host for what is about nothing that is there yet. */
  readonly placing?: PlacingParts | undefined;
  readonly log: Log;
  /** Aborted when the daemon stops. */
  readonly stopping: AbortSignal;
}

/** What a WebSocket begins with. */
const switchingProtocols = 101;

const nothing = { type: "object", properties: {}, additionalProperties: false };

/** A name or an id, as it stands in a path. */
const reference = {
  type: "string",
  pattern: "^[A-Za-z0-9][A-Za-z0-9._-]*$",
  maxLength: 128,
  description: "A name or an id.",
};

/** Also a guest's own disk. */
const volumeReference = {
  ...reference,
  pattern: "^[A-Za-z0-9][A-Za-z0-9._-]*(:[a-z0-9]+)?$",
  description: "A name or an id; of a guest's own disk GUEST:DISK.",
};

/** References that are not names alone, by what they refer to. */
const references: Readonly<Record<string, object>> = { volume: volumeReference, device: DeviceId };

export const parameterNames = (path: string): string[] =>
  [...path.matchAll(/:(\w+)/g)].map((match) => match[1] ?? "");

/** The schema of a path's parameters. */
export function parameterSchema(path: string): object {
  const names = parameterNames(path);
  const properties = Object.fromEntries(names.map((name) => [name, references[name] ?? reference]));
  return { type: "object", properties, required: names, additionalProperties: false };
}

/** The schema of a route's query, with the project that it may name. */
export function querySchema(route: Route): object {
  const schema = (route.query ? schemas[route.query] : nothing) as { readonly properties: object };
  const more = { ...(takesProject(route) ? { project } : {}), ...(takesReason(route) ? { reason } : {}) };
  return Object.keys(more).length === 0
    ? schema
    : { ...schema, properties: { ...schema.properties, ...more } };
}

const reason = {
  type: "string",
  minLength: 1,
  maxLength: 300,
  description: "Why, where it is somebody's desktop: it is in the audit log, and he is told.",
};

const project = {
  type: "string",
  pattern: "^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$",
  maxLength: 63,
  description:
    "The project: of a list, only what belongs to it; else where a name is looked for. Usually 'default'.",
};

const parts: Readonly<Record<string, Part>> = { body: "body", querystring: "query", params: "path" };

export function registerRoutes(app: FastifyInstance, options: RouterOptions): void {
  app.setValidatorCompiler(({ schema, httpPart }) => {
    const check = checker(schema as object, parts[httpPart ?? "body"] ?? "body");
    return (value: unknown) => {
      const error = check(value);
      return error ? { error } : { value };
    };
  });
  app.decorateRequest("reached", undefined);
  for (const [name, route] of Object.entries(routes) as [RouteName, Route][])
    register(app, name, route, options);
}

function register(app: FastifyInstance, name: RouteName, route: Route, options: RouterOptions): void {
  const takesBody = route.method !== "GET";
  const schema = {
    params: parameterSchema(route.path),
    querystring: querySchema(route),
    ...(takesBody && !route.bytes ? { body: route.body ? schemas[route.body] : nothing } : {}),
  };
  const config = { permission: route.permission, route: name, ticket: route.ticket === true };
  const preHandler = async (request: FastifyRequest, reply: FastifyReply) => {
    const { params, query, body, caller } = request;
    const needed = neededFor(request);
    const given = { params, query, body: body ?? {} } as Pick<Reached, "params" | "query" | "body">;
    if (route.permission === "peer" && !isBetweenHosts(route, caller))
      throw new LodgeError("cluster.peers_only");
    // Who asks is all that there is to decide: another host. What is hidden from whom is for who asked that one.
    request.reached =
      route.permission === "peer"
        ? {
            ...given,
            project: defaultProject,
            owner: undefined,
            place: {},
            sight: new Sight(undefined, needed),
          }
        : await reach(options.objects, route, { actor: caller.actor, needed, ...given });
    const host = await otherHost(name, request, options);
    if (host === undefined || !options.peers) return requireAdmitted(route, request, options.desktops);
    if (!request.placing) await forward(options.peers, host, request, reply);
    else if (!(await placeOn(options.peers, host, request, reply))) return;
    return reply;
  };
  const common = { method: route.method, url: route.path, schema, config, preHandler };
  if (route.stream) {
    const handler = options.handlers.streams[name as StreamName] as StreamHandler<"guestExec">;
    app.route({
      ...common,
      handler: async (request, reply) => {
        if (!route.sse || !acceptsEvents(request)) {
          throw new LodgeError("api.upgrade_required", { path: pathOf(request) });
        }
        await serveSent(request, reply, handler as StreamHandler<SseName>, options);
      },
      wsHandler: (socket, request) => {
        const channel = new Channel(socket, options.stopping);
        const end = (reason: LodgeError) => channel.cut(reason);
        const serve = async () => {
          const own = options.admission.holding(request.caller, termsOf(request));
          socket.once("close", options.admission.watch(own, end));
          const written = writing(name, route, request, options);
          if (!route.noted) written();
          const hold = async (holding: Holding) => {
            // Watched first: what changes while it is asked ends it as well.
            const forget = options.admission.watch(holding, end);
            socket.once("close", forget);
            const reason = await holding.obstacle();
            if (reason) {
              forget();
              throw reason;
            }
            channel.gone.throwIfAborted();
          };
          const call = toCall(request, options, { signal: channel.gone, hold });
          const note = (detail: string) => {
            call.note(detail);
            written();
          };
          await handler(channel, { ...call, note } as AnyStreamCall).finally(written);
        };
        serve().catch((error: unknown) => {
          if (channel.gone.aborted) return;
          channel.fail(toAnswer(error, pathOf(request), request.id, options.log).toProblem());
        });
      },
    });
    return;
  }
  const handler = options.handlers.calls[name as CallName] as Handler<CallName>;
  app.route({
    ...common,
    exposeHeadRoute: route.tus === true && route.method === "GET",
    // A body that is left out is an empty one: what it lacks is then told by its name.
    preValidation: async (request) => {
      if (route.tus) readTus(request, route);
      if (takesBody && request.body === undefined) request.body = {};
    },
    handler: async (request, reply) => {
      const gone = new AbortController();
      const leave = () => gone.abort(new LodgeError("api.client_gone"));
      reply.raw.once("close", leave);
      // He may have gone while it was looked up who he is.
      if (reply.raw.closed) leave();
      const signal = AbortSignal.any([gone.signal, options.stopping]);
      const keepSession: AnyCall["keepSession"] = (session) => options.admission.keepSession(reply, session);
      const call = toCall(request, options, { signal, keepSession });
      const match = await matching(request, route, call, options);
      const more = { ...(match ? { match } : {}), ...(route.bytes ? { piece: pieceOf(request) } : {}) };
      const { actor } = request.caller;
      const asker = { ...(actor ? { actor: actorName(actor) } : {}), ...(match ? { match } : {}) };
      const work = () => askedBy(asker, () => handler({ ...call, ...more } as AnyCall));
      const { peers, log } = options;
      if (route.spread && !isAskedAlone(request) && peers) {
        const own = (query: unknown) => handler({ ...call, query } as AnyCall);
        const { query } = request.reached!;
        return reply.send(await spread(route, { peers, log, request, query, own }));
      }
      const asked = onceOnly(request, reply, route, work, options);
      const answer = await orElsewhere(asked, request, reply, peers);
      if (answer === answeredElsewhere) return reply;
      return sendAnswer(request, reply, route, answer);
    },
  });
}

/** Writes a stream down, once. */
function writing(name: RouteName, route: Route, request: FastifyRequest, { audit }: RouterOptions) {
  let isWritten = !isAudited(route);
  return () => {
    if (!isWritten) void record(audit, name, request, switchingProtocols);
    isWritten = true;
  };
}

const spread = (route: Route, spreading: Spreading) =>
  route.paged ? spreadPages(spreading) : spreadList(spreading);

/** Each kind of host comes by its own door. */
const isBetweenHosts = ({ visits }: Route, { listener }: Caller): boolean =>
  visits ? listener.visitors === true : listener.peer === true;

/** A host that is asked by another, or by name, speaks for itself. */
const isAskedAlone = ({ caller, headers }: FastifyRequest): boolean =>
  caller.listener.peer === true || headers["lodge-host"] !== undefined;

/** The host that is asked by its name; of a stream in its query, since a browser gives a WebSocket no headers. */
function wishedHost(name: RouteName, { headers, query }: FastifyRequest): string | string[] | undefined {
  const asked = headers["lodge-host"];
  if (asked !== undefined || !(routes[name] as Route).stream) return asked;
  return (query as { readonly host?: string }).host;
}

/** The host that is to answer, where that is another one: the one that is asked for, or has what it is about. */
async function otherHost(
  name: RouteName,
  request: FastifyRequest,
  { peers, placing }: RouterOptions,
): Promise<string | undefined> {
  const { reached, caller } = request;
  const wished = wishedHost(name, request);
  if (!peers && typeof wished === "string") throw new LodgeError("cluster.host_not_found", { host: wished });
  if (!peers || !reached || (routes[name] as Route).permission === "peer") return undefined;
  // Whoever sent it here believed that it is here; where it went meanwhile is for him to find out.
  if (caller.listener.peer) {
    if (reached.host !== undefined) throw new LodgeError("cluster.elsewhere");
    return undefined;
  }
  if (reached.host !== undefined) return reached.host;
  if (typeof wished === "string") return peers.find(wished);
  if (!placing?.placed.includes(name)) return undefined;
  request.placing = new Placing(placing, name, { ...reached, actor: caller.actor });
  return request.placing.first();
}

/** What its caller has to be allowed as long as a stream is open. */
function termsOf(request: FastifyRequest): Terms {
  const { place, sight } = request.reached!;
  const byTicket = showsTicket(request);
  return { needed: neededFor(request), place, sight, byTicket };
}

interface Circumstances {
  readonly signal: AbortSignal;
  readonly keepSession?: AnyCall["keepSession"];
  readonly hold?: AnyCall["hold"];
}

function toCall(
  request: FastifyRequest,
  { admission }: Pick<RouterOptions, "admission">,
  { signal, keepSession = notHere, hold = notHere }: Circumstances,
): AnyCall {
  const { reached, caller } = request;
  const { actor, origin, peer, visitor } = caller;
  const alone = isAskedAlone(request);
  const obstacle = (needed: Permission) => admission.obstacle(caller, { needed, place: reached!.place });
  const who = { actor, peer, visitor, origin, alone };
  const note = (detail: string) => void (request.outcome.detail = detail);
  return { ...reached, ...who, signal, obstacle, hold, note, keepSession } as unknown as AnyCall;
}

function notHere(): never {
  throw new TypeError("a stream gives out no session, and another call holds nothing");
}

/** If-Match: refuses at once where the object is in another state; it is asked again in the change's transaction. */
async function matching(
  request: FastifyRequest,
  route: Route,
  call: AnyCall,
  { handlers }: RouterOptions,
): Promise<((object: unknown) => void) | undefined> {
  const header = request.headers["if-match"];
  if (header === undefined || route.method === "GET") return undefined;
  const shown = objectRoute(route.path);
  if (shown === undefined)
    throw new LodgeError("api.invalid", { field: "If-Match", reason: "is for nothing here" });
  const match = matcher(header);
  match(await (handlers.calls[shown as CallName] as Handler<CallName>)(call));
  return match;
}

/** Idempotency-Key: what was answered before is answered again, and not done again. */
async function onceOnly(
  request: FastifyRequest,
  reply: FastifyReply,
  route: Route,
  work: () => Promise<unknown>,
  { replies }: RouterOptions,
): Promise<unknown> {
  const key = request.headers["idempotency-key"];
  // Nobody known asks there: an answer must not be given again to somebody else.
  if (
    key === undefined ||
    route.method !== "POST" ||
    route.permission === "anyone" ||
    route.permission === "peer"
  )
    return work();
  if (typeof key !== "string" || !/^[\x21-\x7e]{1,255}$/.test(key)) {
    const reason = "must be 1 to 255 characters of ASCII, without spaces";
    throw new LodgeError("api.invalid", { field: "Idempotency-Key", reason });
  }
  const { actor } = request.caller;
  const who = actor?.kind === "user" ? actor.user.id : actor?.kind === "token" ? actor.token.id : "host";
  const keyed = { key, scope: `${who} ${request.method} ${request.url}`, body: request.body };
  const { answer, replayed } = await replies.once(keyed, work);
  if (replayed) reply.header("idempotency-replayed", "true");
  return answer;
}

/** The path alone: a query may hold what is nobody's business. */
export const pathOf = (request: FastifyRequest): string => request.url.split("?", 1)[0] ?? "";

const acceptsEvents = ({ headers }: FastifyRequest): boolean =>
  headers.accept?.includes("text/event-stream") ?? false;

/** Serves a stream as server-sent events. What a browser says it has had last goes before the address's own. */
async function serveSent(
  request: FastifyRequest,
  reply: FastifyReply,
  handler: StreamHandler<SseName>,
  options: RouterOptions,
): Promise<void> {
  const { stopping, log, admission } = options;
  const last = request.headers["last-event-id"];
  const query = { ...request.reached?.query, ...(typeof last === "string" ? { from: last } : {}) };
  reply.hijack();
  const headers = reply.getHeaders() as Record<string, string>;
  const events = new ServerSentEvents(reply.raw, headers, stopping);
  let forget = () => {};
  try {
    forget = admission.watch(admission.holding(request.caller, termsOf(request)), (reason) =>
      events.cut(reason),
    );
    const call = { ...toCall(request, options, { signal: events.gone }), query } as Call<SseName>;
    await handler(events, call);
  } catch (error) {
    if (!events.gone.aborted) events.fail(toAnswer(error, pathOf(request), request.id, log).toProblem());
  } finally {
    forget();
  }
}
