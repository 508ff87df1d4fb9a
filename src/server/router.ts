/** Puts every route of the contract before its handler: checks what comes in, and shapes what goes out. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { CallName, StreamName } from "#contract/call";
import { LodgeError } from "#contract/errors";
import type { Operation } from "#contract/operation";
import { routes, type Route, type RouteName } from "#contract/routes";
import { schemas } from "#contract/schemas";
import type { Log } from "#base/log";
import type { Admission } from "./admission.ts";
import { isAudited, record, type AuditParts } from "./audit.ts";
import type { AllHandlers, Call, Handler, StreamHandler } from "./handler.ts";
import { toAnswer } from "./problem.ts";
import { Channel } from "./stream/channel.ts";
import { neededFor } from "./admission.ts";
import { checker, type Part } from "./validation.ts";

type AnyCall = Call<CallName> & Call<StreamName>;

export interface RouterOptions {
  readonly handlers: AllHandlers;
  readonly admission: Admission;
  readonly audit: AuditParts;
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

export const parameterNames = (path: string): string[] =>
  [...path.matchAll(/:(\w+)/g)].map((match) => match[1] ?? "");

/** The schema of a path's parameters. */
export function parameterSchema(path: string): object {
  const names = parameterNames(path);
  const properties = Object.fromEntries(names.map((name) => [name, reference]));
  return { type: "object", properties, required: names, additionalProperties: false };
}

const parts: Readonly<Record<string, Part>> = { body: "body", querystring: "query", params: "path" };

export function registerRoutes(app: FastifyInstance, options: RouterOptions): void {
  app.setValidatorCompiler(({ schema, httpPart }) => {
    const check = checker(schema as object, parts[httpPart ?? "body"] ?? "body");
    return (value: unknown) => {
      const error = check(value);
      return error ? { error } : { value };
    };
  });
  for (const [name, route] of Object.entries(routes) as [RouteName, Route][])
    register(app, name, route, options);
}

function register(app: FastifyInstance, name: RouteName, route: Route, options: RouterOptions): void {
  const takesBody = route.method !== "GET";
  const schema = {
    params: parameterSchema(route.path),
    querystring: route.query ? schemas[route.query] : nothing,
    ...(takesBody ? { body: route.body ? schemas[route.body] : nothing } : {}),
  };
  const config = { permission: route.permission, route: name, ticket: route.ticket === true };
  const common = { method: route.method, url: route.path, schema, config };
  if (route.stream) {
    const handler = options.handlers.streams[name as StreamName] as StreamHandler<StreamName>;
    app.route({
      ...common,
      handler: (request) => {
        throw new LodgeError("api.upgrade_required", { path: pathOf(request) });
      },
      wsHandler: (socket, request) => {
        const channel = new Channel(socket, options.stopping);
        const { caller } = request;
        socket.once(
          "close",
          options.admission.watch(caller, neededFor(request, caller.actor), (reason) => channel.cut(reason)),
        );
        if (isAudited(route)) void record(options.audit, name, request, switchingProtocols);
        handler(channel, toCall(request, channel.gone, noCookies)).catch((error: unknown) => {
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
    // A body that is left out is an empty one: what it lacks is then told by its name.
    preValidation: async (request) => {
      if (takesBody && request.body === undefined) request.body = {};
    },
    handler: async (request, reply) => {
      const gone = new AbortController();
      reply.raw.once("close", () => gone.abort(new LodgeError("api.client_gone")));
      const signal = AbortSignal.any([gone.signal, options.stopping]);
      const keepSession: AnyCall["keepSession"] = (session) => options.admission.keepSession(reply, session);
      const answer = await handler(toCall(request, signal, keepSession));
      return send(reply, route, answer);
    },
  });
}

const toCall = (
  { params, query, body, caller: { actor, origin } }: FastifyRequest,
  signal: AbortSignal,
  keepSession: AnyCall["keepSession"],
): AnyCall => ({ params, query, body: body ?? {}, actor, origin, signal, keepSession }) as AnyCall;

function noCookies(): never {
  throw new TypeError("a stream gives out no session");
}

/** The path alone: a query may hold what is nobody's business. */
export const pathOf = (request: FastifyRequest): string => request.url.split("?", 1)[0] ?? "";

function send(reply: FastifyReply, route: Route, answer: unknown): FastifyReply {
  if (route.operation) {
    reply.request.outcome.operation = (answer as Operation).id;
    return reply
      .code(202)
      .header("location", `/v1/operations/${(answer as Operation).id}`)
      .send(answer);
  }
  if (route.media === "text/plain") return reply.type("text/plain; charset=utf-8").send(answer);
  if (route.media) return reply.type(route.media).send(Buffer.from(answer as Uint8Array));
  return reply.send(route.list ? { items: answer } : answer);
}
