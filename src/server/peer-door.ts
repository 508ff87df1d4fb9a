/**
 * The door by which the hosts of a cluster come to each other: TLS 1.3 with certificates at both ends.
 *
 *   a certificate that the cluster's authority signed ──► in; who it is, and whether still a member: peer-guard.ts
 *   one that somebody else signed, or that has expired ─► the connection ends, and nothing of it is read
 *   none ──► in as far as a host has to come that joins: its token is in what it sends
 */
import { constants } from "node:crypto";
import type { Server } from "node:https";
import type { ServerOptions } from "node:http";
import type { TLSSocket } from "node:tls";

/** This host's certificate and whom it trusts, in PEM. */
export interface PeerTls {
  current(): { readonly ca: string; readonly cert: string; readonly key: string };
  /** Calls back when it is another one; until the function that it returns is called. */
  onChange(listener: () => void): () => void;
}

const limits = {
  minVersion: "TLSv1.3",
  handshakeTimeout: 10_000,
  requestCert: true,
  // Whoever shows none is told apart below: a host that joins has none yet.
  rejectUnauthorized: false,
  // A session that goes on would not look at the certificate again.
  secureOptions: constants.SSL_OP_NO_TICKET,
  // Of a tunnel each direction ends by itself.
  allowHalfOpen: true,
} as const;

export interface PeerServer {
  readonly https: Server;
  /** It is closed: the certificate is followed no more. */
  forget(): void;
}

export function openPeerServer(tls: PeerTls, http: ServerOptions): PeerServer {
  const { createServer } = process.getBuiltinModule("node:https");
  // What a host sends may be a file of any size.
  const https = createServer({ ...http, requestTimeout: 0, ...limits, ...tls.current() });
  https.on("secureConnection", (socket: TLSSocket) => {
    if (socket.getPeerX509Certificate() && !socket.authorized) socket.destroy();
  });
  const forget = tls.onChange(() => https.setSecureContext({ ...limits, ...tls.current() }));
  return { https, forget };
}
