/**
 * Who may speak to the daemon, and as whom.
 *
 * Over the unix socket: whoever may open it, which the file system decides, as the host itself. Over TCP,
 * where any user and any page in a browser can knock:
 *
 *   Host names Lodge ──► Authorization? ──yes──► a token, or the host's own secret
 *   (else a page could      │no
 *   get here by a name      ▼
 *   of its own)          the session's cookie, and for whatever changes something or opens a socket
 *                        an Origin that is Lodge's own: browsers send cookies for other ports' pages too
 *
 * Where hosts of a cluster knock, it is another thing altogether: peer-guard.ts.
 *
 * What the caller may then do is the route's to say.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { isIPv4 } from "node:net";
import { decide, roleIn, type Permission, type Place } from "#contract/access";
import { LodgeError } from "#contract/errors";
import { hostActor, type Actor, type Origin } from "#domain/access/actor";
import type { Caller, Listener } from "./caller.ts";
import { readCookie } from "./cookie.ts";
import { actorOf, identifyPeer, type MemberDirectory } from "./peer-guard.ts";
import type { AccessService } from "./services.ts";
import { identifyVisitor } from "./visitor-door.ts";

export interface GuardOptions {
  readonly access: Pick<AccessService, "identify" | "identifyById">;
  /** The other hosts of a cluster. */
  readonly members?: MemberDirectory | undefined;
  /** The secret in the home's token file; it counts where no other computer can knock. */
  readonly token: string | undefined;
  /** Names besides loopback's that the server answers to, in lower case. */
  readonly names: ReadonlySet<string>;
  readonly cookie: (listener: Listener) => string;
}

export interface Guard {
  /**
   * @param remembers is it enough that the caller was known lately: looking-on.ts
   * @throws LodgeError api.host_refused, access.origin_refused, api.unauthorized where a wrong token is shown
   */
  identify(request: IncomingMessage, listener: Listener, remembers?: boolean): Promise<Caller>;
  /** Who this caller is as things are now; undefined where what he showed holds no more. */
  now(caller: Caller): Promise<Actor | undefined>;
}

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

export const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));

/** The name in a Host header, without its port, brackets and last dot. */
function hostName(header: string): string {
  const name = header.toLowerCase().replace(/:\d+$/, "");
  return name.startsWith("[") && name.endsWith("]") ? name.slice(1, -1) : name.replace(/\.$/, "");
}

/** The address at this end as a Host header writes it. */
const ownAddress = ({ socket }: IncomingMessage): string =>
  (socket.localAddress ?? "").replace(/^::ffff:/, "");

/** Does the server answer to the name by which a request calls it? */
export function answersTo(names: ReadonlySet<string>, request: IncomingMessage): boolean {
  const known = (name: string) =>
    isLoopback(name) || names.has(name) || (name !== "" && name === ownAddress(request));
  // Where the request's line says whom it is for, that counts (RFC 9112, 3.2.2).
  const [, called] = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(request.url ?? "") ?? [];
  // Node takes the first of two, and whatever stands before Lodge perhaps the other.
  if ((request.headersDistinct["host"]?.length ?? 0) > 1) return false;
  return known(hostName(request.headers.host ?? "")) && (called === undefined || known(hostName(called)));
}

export function createGuard({ access, token, names, cookie, members }: GuardOptions): Guard {
  const expected = token === undefined ? undefined : digest(token);

  function requireHost(request: IncomingMessage): void {
    if (answersTo(names, request)) return;
    const name = hostName(request.headers.host ?? "");
    throw new LodgeError("api.host_refused", { name: name.slice(0, 255) });
  }

  function isHostSecret(bearer: string, { secure }: Listener): boolean {
    return !secure && expected !== undefined && timingSafeEqual(digest(bearer), expected);
  }

  return {
    async identify(request, listener, remembers = false) {
      if (listener.visitors) return identifyVisitor(request, listener);
      if (listener.peer) return identifyPeer(request, listener, { access, members });
      const origin = originOf(request, listener);
      if (listener.trusted) return { actor: hostActor, origin: {}, listener };
      requireHost(request);
      const { authorization } = request.headers;
      if (authorization !== undefined) {
        const bearer = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
        if (bearer === undefined) throw new LodgeError("api.unauthorized");
        if (isHostSecret(bearer, listener)) return { actor: hostActor, origin, listener };
        const actor = await access.identify(bearer, { remembers });
        // A session's secret is for its cookie alone, where the checks of a cookie hold.
        if (actor?.kind !== "token") throw new LodgeError("api.unauthorized");
        return { actor, origin, listener, secret: bearer };
      }
      const secret = readCookie(request.headers.cookie, cookie(listener));
      if (changes(request)) requireOwnPage(request, listener, secret !== undefined);
      const actor = secret === undefined ? undefined : await access.identify(secret, { remembers });
      if (actor?.kind !== "user") return { actor: undefined, origin, listener };
      return { actor, origin, listener, ...(secret === undefined ? {} : { secret }) };
    },

    async now({ actor, secret, peer, asker }) {
      if (peer) return members?.get(peer.id) && asker && actorOf(asker, access);
      return secret === undefined ? actor : access.identify(secret, { remembers: true });
    },
  };
}

/**
 * Why an actor, or nobody, may not do what needs this there; undefined where he may. `missing`: what is said of
 * something that is not there, and so of what is hidden from him.
 */
export function refusal(
  actor: Actor | undefined,
  needed: Permission,
  place: Place,
  missing?: () => LodgeError,
): LodgeError | undefined {
  const decision = decide(actor, needed, place);
  if (decision === "allowed") return undefined;
  if (needed === "peer") return new LodgeError("cluster.peers_only");
  if (!actor || decision === "unauthorized") return new LodgeError("api.unauthorized");
  if (decision === "hidden" && missing) return missing();
  const project = place === "list" ? undefined : place.project;
  const role = project === undefined ? actor.role : (roleIn(actor, project) ?? "none");
  return new LodgeError("access.forbidden", { needed, role });
}

function originOf({ socket, headers }: IncomingMessage, { secure }: Listener): Origin {
  const address = socket.remoteAddress?.replace(/^::ffff:/, "");
  const agent = headers["user-agent"];
  return {
    ...(address === undefined ? {} : { address }),
    ...(agent === undefined ? {} : { agent }),
    page: `${secure ? "https" : "http"}://${headers.host ?? ""}`,
  };
}

const changes = ({ method, headers }: IncomingMessage): boolean =>
  headers.upgrade !== undefined || (method !== "GET" && method !== "HEAD");

/**
 * Browsers say which page a request comes from (Fetch, "Origin" header and Fetch Metadata). A program that has
 * no cookie need not say it.
 */
function requireOwnPage({ headers }: IncomingMessage, { secure }: Listener, hasCookie: boolean): void {
  const { origin, host = "" } = headers;
  const site = headers["sec-fetch-site"];
  const own =
    origin === undefined
      ? site === undefined
        ? !hasCookie
        : site === "same-origin"
      : origin.toLowerCase() === `${secure ? "https" : "http"}://${host.toLowerCase()}`;
  if (!own) throw new LodgeError("access.origin_refused");
}
