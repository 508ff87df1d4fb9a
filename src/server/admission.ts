/**
 * Lets requests in, or not, before anything of them is read; and ends streams whose caller has lost what let
 * him in: he signed out, his token was revoked or ran out, his role was taken.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Permission } from "#contract/access";
import type { LodgeError } from "#contract/errors";
import type { Actor } from "#domain/access/actor";
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

/** What somebody needs for a request. With a ticket, which the handler redeems: to be still signed in, if he is. */
export function neededFor({ routeOptions, query }: FastifyRequest, actor: Actor | undefined): Permission {
  const { permission = "viewer", ticket = false } = routeOptions.config;
  if (!ticket || (query as { ticket?: unknown }).ticket === undefined) return permission;
  return actor ? "self" : "anyone";
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

interface Open {
  readonly caller: Caller;
  readonly needed: Permission;
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
      const refused = refusal(actor, request.is404 ? "anyone" : neededFor(request, actor));
      if (refused) throw refused;
    });
  }

  /** Ends a stream once its caller may not have it any more; the function that is returned forgets it. */
  watch(caller: Caller, needed: Permission, end: (reason: LodgeError) => void): () => void {
    const open = { caller, needed, end };
    this.#open.add(open);
    return () => this.#open.delete(open);
  }

  async #look(): Promise<void> {
    for (const open of this.#open) {
      const reason = await this.#options.guard.obstacle(open.caller, open.needed).catch(() => undefined);
      if (reason && this.#open.delete(open)) open.end(reason);
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
