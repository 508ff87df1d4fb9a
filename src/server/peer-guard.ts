/**
 * Who asks at the door for the hosts of a cluster: a member by its certificate, for itself or for somebody who asked it.
 *
 *   certificate of the cluster's authority ──► names a member ──► speaks as this one does
 *        │none: a host that joins, which                 │
 *        ▼ shows a token in what it sends                ├── no asker named: the host itself, and routes of peers alone
 *      such routes alone                                 └── an asker: looked up here, and he may what he may here
 *
 * No cookie, token or secret counts there.
 */
import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";
import { LodgeError } from "#contract/errors";
import type { Route } from "#contract/route";
import { speakTogether, wire, wireHeader } from "#contract/wire";
import { hostActor, type Actor } from "#domain/access/actor";
import { askerHeader, readAsker, type Asker } from "./asker-header.ts";
import type { Caller, Listener, Peer } from "./caller.ts";
import type { AccessService } from "./services.ts";

/** Who is a member, as this host knows it. */
export interface MemberDirectory {
  get(id: string): Peer | undefined;
  /** What this host speaks; undefined: what this version does. */
  readonly wire?: number;
}

export interface PeerGuardParts {
  readonly access: Pick<AccessService, "identifyById">;
  readonly members: MemberDirectory | undefined;
}

/**
 * The member at the other end; undefined where it shows no certificate.
 * @throws LodgeError cluster.not_a_member, cluster.wire_mismatch
 */
export function peerOf(
  { socket, headers }: Pick<IncomingMessage, "socket" | "headers">,
  members: MemberDirectory | undefined,
): Peer | undefined {
  const secured = socket as TLSSocket;
  const certificate = secured.getPeerX509Certificate();
  if (!certificate) return undefined;
  const id = certificate.subject.replace(/^CN=/, "");
  // The door lets nobody else in; a renewed context must not be how somebody gets by.
  const member = secured.authorized ? members?.get(id) : undefined;
  if (!member) throw new LodgeError("cluster.not_a_member", { host: id.slice(0, 64) });
  const [own, theirs] = [members?.wire ?? wire, Number(headers[wireHeader])];
  if (!speakTogether(own, theirs))
    throw new LodgeError("cluster.wire_mismatch", { host: member.name, theirs: theirs || "none", own });
  return member;
}

/** @throws LodgeError cluster.not_a_member, cluster.wire_mismatch, api.unauthorized where the asker is not there any more */
export async function identifyPeer(
  request: IncomingMessage,
  listener: Listener,
  { access, members }: PeerGuardParts,
): Promise<Caller> {
  const peer = peerOf(request, members);
  const address = request.socket.remoteAddress?.replace(/^::ffff:/, "");
  const origin = address === undefined ? {} : { address };
  if (!peer) return { actor: undefined, origin, listener };
  const named = request.headers[askerHeader];
  if (named === undefined) return { actor: undefined, origin, listener, peer };
  const asker = readAsker(named);
  const actor = await actorOf(asker, access);
  if (asker.actor && !actor) throw new LodgeError("api.unauthorized");
  return { actor, origin: asker.origin, listener, peer, asker };
}

/** Who is asked for, as he may here and now; undefined where he is not there any more, and of nobody. */
export async function actorOf(
  { actor }: Asker,
  access: PeerGuardParts["access"],
): Promise<Actor | undefined> {
  return actor?.kind === "host" ? hostActor : actor && access.identifyById(actor);
}

/** Why a caller at that door may not go on to this route; undefined where it is not decided by who he is. */
export function peerRefusal(
  { peer, asker }: Pick<Caller, "peer" | "asker">,
  route: Pick<Route, "permission" | "joins" | "visits"> | undefined,
): LodgeError | undefined {
  if (asker) return undefined;
  const open = route?.permission === "peer" && !route.visits && (peer !== undefined || route.joins === true);
  return open ? undefined : new LodgeError("cluster.peers_only");
}
