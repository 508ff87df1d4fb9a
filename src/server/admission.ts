/**
 * Lets requests in, or not, before anything of them is read; and ends streams whose caller has lost what let
 * him in: he signed out, his token was revoked or ran out, his role was taken.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type Permission, type Place } from "#contract/access";
import { asLodgeError, LodgeError } from "#contract/errors";
import type { Route } from "#contract/route";
import { routes, type RouteName } from "#contract/routes";
import { holderOf, type Actor } from "#domain/access/actor";
import type { Sight } from "#domain/access/sight";
import { withTimeout } from "#base/deadline";
import { Semaphore } from "#base/queue";
import { setCookie } from "./cookie.ts";
import type { Caller, Listener } from "./caller.ts";
import { refusal, type Guard } from "./guard.ts";
import { looksOn } from "./looking-on.ts";
import { peerRefusal } from "./peer-guard.ts";
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

/** What somebody needs for a request. A ticket, which the handler redeems, is all that is needed: it says who asked for it. */
export function neededFor(request: FastifyRequest): Permission {
  return showsTicket(request) ? "anyone" : (request.routeOptions.config.permission ?? "viewer");
}

/** Does a ticket stand for what its route needs? */
export const showsTicket = ({ routeOptions, query }: FastifyRequest): boolean =>
  routeOptions.config.ticket === true && (query as { ticket?: unknown }).ticket !== undefined;

/**
 * Before anything of a request is read: it has to be somebody's, and of somebody who sees everything that he may
 * somewhere. What others are told would tell them what there is: reach.ts says it, once it knows what it is about.
 */
function atTheDoor(
  actor: Actor | undefined,
  needed: Permission,
  name: RouteName | undefined,
): LodgeError | undefined {
  // Another host is let in by its own door, before this is asked.
  if (needed === "peer") return new LodgeError("cluster.peers_only");
  // Whatever is no route of the contract's tells as much as its reader sees.
  if (name === undefined) return refusal(actor, needed, "list");
  if (!actor || actor.role === "none") return refusal(actor, needed === "anyone" ? needed : "self", {});
  const route: Route = routes[name];
  return refusal(actor, needed, route.host ? {} : "list");
}

/** At the visitors' door there is nothing else. @throws LodgeError visit.not_allowed */
function requireVisitors(route: Route | undefined): void {
  if (!route?.visits) throw new LodgeError("visit.not_allowed");
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
/** Streams that are looked at at a time: what may be asked of a store that other hosts have, too. */
const looking = new Semaphore(32);
/** Milliseconds for the answer. */
const patience = 5_000;

/** What a stream's caller has to be allowed as long as it is open. */
export interface Terms {
  readonly needed: Permission;
  readonly place: Place;
  /** What he sees by it, which follows what he may. */
  readonly sight?: Sight;
  /** A ticket says whose it is. */
  readonly byTicket?: boolean;
}

/** Streams of one person or program at once. The host's own are not counted: its programs are their own limit. */
const mostStreams = 256;

/** What lets somebody have a stream. */
export interface Holding {
  /** Whose it is; nobody's, where that is told by something else. */
  readonly holder: string | undefined;
  /** Why he may not have it any more; undefined where he may. */
  readonly obstacle: () => Promise<LodgeError | undefined>;
}

interface Open extends Holding {
  readonly end: (reason: LodgeError) => void;
}

export class Admission {
  readonly #options: AdmissionOptions;
  readonly #open = new Set<Open>();
  /** A look is under way; "again": something was changed since it began. */
  #look: "rests" | "looks" | "again" = "rests";

  constructor(options: AdmissionOptions) {
    this.#options = options;
    const look = () => void this.#lookAtAll();
    options.access.onChange(look, options.stopping);
    const timer = setInterval(look, lookEvery).unref();
    options.stopping.addEventListener("abort", () => clearInterval(timer), { once: true });
  }

  install(app: FastifyInstance): void {
    app.decorateRequest("caller", null as unknown as Caller);
    app.addHook("onRequest", async (request) => {
      const { guard, listenerOf } = this.#options;
      const { route: name } = request.routeOptions.config;
      request.caller = await guard.identify(request.raw, listenerOf(request), looksOn(name));
      const { actor, listener } = request.caller;
      const route: Route | undefined = name && routes[name];
      if (listener.visitors) return requireVisitors(request.is404 ? undefined : route);
      const refusedPeer = listener.peer && peerRefusal(request.caller, request.is404 ? undefined : route);
      if (refusedPeer) throw refusedPeer;
      if (listener.peer && !request.caller.asker) return;
      const needed = request.is404 ? "anyone" : neededFor(request);
      const refused = atTheDoor(actor, needed, name);
      if (refused) throw refused;
    });
  }

  /** Why a caller, as things are now, may not; undefined where he may. */
  async obstacle(caller: Caller, { needed, place, sight }: Terms): Promise<LodgeError | undefined> {
    let now: Actor | undefined;
    try {
      now = await this.#options.guard.now(caller);
    } catch (error) {
      // Where another host asks for somebody, that one ends the stream: it knows him.
      if (!caller.peer) return asLodgeError(error);
      now = caller.actor;
    }
    const reason = refusal(now, needed, place);
    if (!reason) sight?.become(now);
    return reason;
  }

  /** What lets a caller have a stream. */
  holding(caller: Caller, terms: Terms): Holding {
    const { actor } = caller;
    return {
      holder: actor && !terms.byTicket ? holderOf(actor) : undefined,
      obstacle: () => this.obstacle(caller, terms),
    };
  }

  /**
   * Ends a stream once it may not be had any more; the function that is returned forgets it.
   * @throws LodgeError api.too_many_streams
   */
  watch(holding: Holding, end: (reason: LodgeError) => void): () => void {
    const { holder } = holding;
    const own = holder === undefined || holder === "host" ? 0 : this.#countOf(holder);
    if (own >= mostStreams) throw new LodgeError("api.too_many_streams", { limit: mostStreams });
    const open = { ...holding, end };
    this.#open.add(open);
    return () => this.#open.delete(open);
  }

  #countOf(holder: string): number {
    let count = 0;
    for (const open of this.#open) if (open.holder === holder) count++;
    return count;
  }

  async #lookAtAll(): Promise<void> {
    if (this.#look !== "rests") return void (this.#look = "again");
    do {
      this.#look = "looks";
      await Promise.all([...this.#open].map((open) => looking.run(() => this.#lookAt(open))));
    } while (this.#again);
    this.#look = "rests";
  }

  get #again(): boolean {
    return this.#look === "again";
  }

  async #lookAt(open: Open): Promise<void> {
    // What cannot be asked now is asked the next time.
    const reason = await withTimeout(open.obstacle(), patience).catch(() => undefined);
    if (reason && this.#open.delete(open)) open.end(reason);
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
