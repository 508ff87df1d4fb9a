/**
 * Lets requests in, or not, before anything of them is read; and ends streams whose caller has lost what let
 * him in: he signed out, his token was revoked or ran out, his role was taken.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type Permission, type Place } from "#contract/access";
import type { LodgeError } from "#contract/errors";
import type { Route } from "#contract/route";
import { routes, type RouteName } from "#contract/routes";
import type { Actor } from "#domain/access/actor";
import type { Sight } from "#domain/access/sight";
import { setCookie } from "./cookie.ts";
import { refusal, type Caller, type Guard, type Listener } from "./guard.ts";
import type { AccessService } from "./services.ts";

declare module "fastify" {
  interface FastifyRequest {
    caller: Caller;
  }
  interface FastifyContextConfig {
    /** What a caller needs; where it is not said, to be signed in. */
    permission?: Permission;
    /** A ticket in the query stands for it. */
    ticket?: boolean;
  }
}

/** What somebody needs for a request. With a ticket, which the handler redeems: to see the guest, if he is signed in. */
export function neededFor({ routeOptions, query }: FastifyRequest, actor: Actor | undefined): Permission {
  const { permission = "viewer", ticket = false } = routeOptions.config;
  if (!ticket || (query as { ticket?: unknown }).ticket === undefined) return permission;
  return actor ? "viewer" : "anyone";
}

/**
 * Before anything of a request is read: it has to be somebody's, and of somebody who sees everything that he may
 * somewhere. What others are told would tell them what there is: reach.ts says it, once it knows what it is about.
 */
function atTheDoor(
  actor: Actor | undefined,
  needed: Permission,
  name: RouteName | undefined,
): LodgeError | undefined {
  // Whatever is no route of the contract's tells as much as its reader sees.
  if (name === undefined) return refusal(actor, needed, "list");
  if (!actor || actor.role === "none") return refusal(actor, needed === "anyone" ? needed : "self", {});
  const route: Route = routes[name];
  return refusal(actor, needed, route.host ? {} : "list");
}

export interface AdmissionOptions {
  readonly guard: Guard;
  readonly access: Pick<AccessService, "onChange">;
  readonly listenerOf: (request: FastifyRequest) => Listener;
  readonly cookie: (listener: Listener) => string;
  readonly stopping: AbortSignal;
}

/** Milliseconds: nothing tells that something has run out. */
const lookEvery = 30_000;

/** What a stream's caller has to be allowed as long as it is open. */
export interface Terms {
  readonly needed: Permission;
  readonly place: Place;
  /** What he sees by it, which follows what he may. */
  readonly sight?: Sight;
}

interface Open {
  readonly caller: Caller;
  readonly terms: Terms;
  readonly end: (reason: LodgeError) => void;
}

export class Admission {
  readonly #options: AdmissionOptions;
  readonly #open = new Set<Open>();

  constructor(options: AdmissionOptions) {
    this.#options = options;
    const look = () => void this.#look();
    options.access.onChange(look, options.stopping);
    const timer = setInterval(look, lookEvery).unref();
    options.stopping.addEventListener("abort", () => clearInterval(timer), { once: true });
  }

  install(app: FastifyInstance): void {
    app.decorateRequest("caller", null as unknown as Caller);
    app.addHook("onRequest", async (request) => {
      request.caller = await this.#options.guard.identify(request.raw, this.#options.listenerOf(request));
      const { actor } = request.caller;
      const needed = request.is404 ? "anyone" : neededFor(request, actor);
      const refused = atTheDoor(actor, needed, request.routeOptions.config.route);
      if (refused) throw refused;
    });
  }

  /** Ends a stream once its caller may not have it any more; the function that is returned forgets it. */
  watch(caller: Caller, terms: Terms, end: (reason: LodgeError) => void): () => void {
    const open = { caller, terms, end };
    this.#open.add(open);
    return () => this.#open.delete(open);
  }

  async #look(): Promise<void> {
    for (const open of this.#open) {
      const now = await this.#options.guard.now(open.caller).catch(() => open.caller.actor);
      const { needed, place, sight } = open.terms;
      const reason = refusal(now, needed, place);
      if (!reason) sight?.become(now);
      else if (this.#open.delete(open)) open.end(reason);
    }
  }

  /** Of a session that begins, `user` is whose it is, for the audit log. */
  keepSession(
    reply: FastifyReply,
    session: { secret: string; expiresAt: number; user?: string | undefined } | undefined,
  ): void {
    if (session?.user !== undefined) reply.request.outcome.user = session.user;
    const { listener } = reply.request.caller;
    const name = this.#options.cookie(listener);
    reply.header("set-cookie", setCookie(name, listener, session?.secret, session?.expiresAt ?? 0));
  }
}
