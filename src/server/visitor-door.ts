/**
 * The door by which hosts from outside bring a guest: TLS 1.3, at this end with a certificate whose authority the token names, at theirs
 * with one that stands for itself and is remembered from the moment on at which it is shown with a token.
 *
 *   whoever comes, with a certificate ──► routes with `visits` ──► what these may, his visit's record says (domain/guest/between)
 *                                     └─► a tunnel to a lane of the visit that is his
 *   anything else ──► visit.not_allowed
 *
 * No cookie, token, secret or certificate of another door counts here, and nothing that counts here counts at another.
 */
import type { IncomingMessage, ServerOptions } from "node:http";
import type { Server } from "node:https";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import { constants } from "node:crypto";
import { LodgeError } from "#contract/errors";
import { speakTogether, wire, wireHeader } from "#contract/wire";
import type { Caller, Listener, Visitor } from "./caller.ts";

export interface VisitorDoor {
  /** The certificate for a door at this IP address, in PEM. */
  current(address: string): Promise<{ readonly cert: string; readonly key: string }>;
  /** What a tunnel of a visitor's leads to; undefined: he has none of that name. */
  lane(
    to: { readonly kind: string; readonly ref: string; readonly end: string },
    visitor: Visitor,
  ): Promise<Duplex | undefined>;
}

const limits = {
  minVersion: "TLSv1.3",
  handshakeTimeout: 10_000,
  requestCert: true,
  // It stands for itself: whose it is, is asked with each request.
  rejectUnauthorized: false,
  secureOptions: constants.SSL_OP_NO_TICKET,
  // Of a tunnel each direction ends by itself.
  allowHalfOpen: true,
} as const;

export function openVisitorServer(
  certificate: { readonly cert: string; readonly key: string },
  http: ServerOptions,
): Server {
  const { createServer } = process.getBuiltinModule("node:https");
  // What a guest brings may be a file of any size.
  return createServer({ ...http, requestTimeout: 0, ...limits, ...certificate });
}

/** @throws LodgeError visit.not_allowed where he shows no certificate; visit.other_version */
export function visitorOf({ socket, headers }: Pick<IncomingMessage, "socket" | "headers">): Visitor {
  const certificate = (socket as TLSSocket).getPeerX509Certificate();
  if (!certificate) throw new LodgeError("visit.not_allowed");
  const theirs = Number(headers[wireHeader]);
  if (!speakTogether(wire, theirs))
    throw new LodgeError("visit.other_version", { theirs: theirs || "none", own: wire });
  return { fingerprint: certificate.fingerprint256 };
}

/** @throws LodgeError visit.not_allowed, visit.other_version */
export function identifyVisitor(request: IncomingMessage, listener: Listener): Caller {
  const visitor = visitorOf(request);
  const address = request.socket.remoteAddress?.replace(/^::ffff:/, "");
  return { actor: undefined, origin: address === undefined ? {} : { address }, listener, visitor };
}
