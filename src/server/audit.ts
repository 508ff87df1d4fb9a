/**
 * Writes down what was asked for: whatever changes something, and streams that reach into a guest. Strangers
 * are written down where they tried to sign in and were looked at, and nowhere else: what anybody can cause
 * without limit must not push out what matters.
 */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { LodgeError } from "#contract/errors";
import type { CallName } from "#contract/call";
import type { Route } from "#contract/route";
import type { RouteName } from "#contract/routes";
import type { Log } from "#base/log";
import type { Handlers } from "./handler.ts";
import type { AccessService, AuditService } from "./services.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** What came of it, for the audit log. */
    outcome: { code?: string; operation?: string; user?: string; detail?: string; reason?: string };
  }
  interface FastifyContextConfig {
    route?: RouteName;
  }
}

type AuditRoute = Extract<CallName, `audit${string}`>;

export const auditHandlers = (audit: AuditService): Handlers<AuditRoute> => ({
  auditList({ query, sight }) {
    if (query.cursor !== undefined && !/^[0-9]{1,15}$/.test(query.cursor))
      throw new LodgeError("api.invalid", { field: "cursor", reason: "is none of this list's" });
    return audit.list(query, ({ project }) => sight.sees({ project }));
  },
});

export interface AuditParts {
  readonly audit: AuditService;
  readonly access: Pick<AccessService, "isAccount">;
  readonly log: Log;
}

const signsIn = (name: RouteName): boolean =>
  name === "sessionCreate" || name === "sessionRedeem" || name === "passkeySignIn" || name === "oidcSignIn";

/** Refusals before anything was looked at. */
const unlooked = new Set(["access.too_many_attempts", "access.origin_refused", "api.invalid"]);

/**
 * Not each piece of a file, of which there are thousands: that it was begun, given up or made an image is. Nor what hosts
 * ask each other: that somebody asked one of them is.
 */
export const isAudited = ({ method, stream, bytes, permission, audited }: Route): boolean =>
  permission !== "peer" &&
  ((method !== "GET" && !bytes) || (stream === true && permission !== "viewer") || audited === true);

/** Does it ask for more of a file whose beginning was written down? */
const goesOn = ({ ranges }: Route, { headers: { range } }: FastifyRequest): boolean =>
  ranges === true && range !== undefined && !range.startsWith("bytes=0-");

export function installAudit(
  app: FastifyInstance,
  parts: AuditParts,
  routeOf: (name: RouteName) => Route,
): void {
  app.decorateRequest("outcome", null as unknown as FastifyRequest["outcome"]);
  app.addHook("onRequest", async (request) => {
    request.outcome = {};
  });
  app.addHook("onSend", async (request, reply) => {
    const name = request.routeOptions.config.route;
    if (!name || request.forwarded || request.is404 || goesOn(routeOf(name), request)) return;
    if (isAudited(routeOf(name))) await record(parts, name, request, reply.statusCode);
  });
}

/** Never fails: what was done stays done, and that it could not be written down is told by the log. */
export async function record(
  { audit, access, log }: AuditParts,
  name: RouteName,
  request: FastifyRequest,
  status: number,
): Promise<void> {
  const { actor, origin } = request.caller ?? {};
  const { code, operation, reason } = request.outcome;
  const detail = [request.outcome.detail, reason].filter((words) => words !== undefined).join("; ");
  const project = request.reached?.owner;
  if (!actor && (!signsIn(name) || unlooked.has(code ?? ""))) return;
  try {
    const { name: given } = (request.body ?? {}) as { name?: unknown };
    const named = typeof given === "string" ? given : undefined;
    // A name that is no account may be a password that was typed into the wrong field.
    const known = !actor && named !== undefined && (await access.isAccount(named)) ? named : undefined;
    const user = actor && actor.kind !== "host" ? actor.user?.name : (request.outcome.user ?? known);
    const inPath = Object.values((request.params ?? {}) as Record<string, string>).join("/");
    // What is made has its name in the body.
    const target = inPath !== "" || !actor || status >= 400 ? inPath : (named ?? "");
    audit.append({
      actor: actor?.kind ?? "nobody",
      ...(user === undefined ? {} : { user }),
      ...(actor?.kind === "token" ? { token: actor.token.name } : {}),
      ...(actor?.kind === "user" ? { session: actor.session } : {}),
      ...(origin?.address === undefined ? {} : { address: origin.address }),
      action: name,
      path: (request.url.split("?", 1)[0] ?? "").slice(0, 300),
      ...(target === "" ? {} : { target: target.slice(0, 128) }),
      ...(project === undefined ? {} : { project }),
      result: status < 400 ? "done" : status < 500 ? "refused" : "failed",
      status,
      ...(code === undefined ? {} : { code }),
      ...(operation === undefined ? {} : { operation }),
      ...(detail === "" ? {} : { detail: detail.slice(0, 600) }),
    });
  } catch (error) {
    log.error({ err: error, action: name }, "what was done could not be written to the audit log");
  }
}
