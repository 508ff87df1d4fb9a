/**
 * Tunnels between hosts: a connection that leads on to a socket of a guest or of a move, as bytes.
 *
 *   GET /v1/peer/tunnels/KIND/REF/END          Connection: Upgrade, Upgrade: lodge-tunnel
 *        ◄── 101, from then on bytes in both directions, each end of which ends by itself
 *        ◄── or the error, as other answers have it
 *
 * What there is to lead to says who has it, by a kind and by names: no path of a file is ever asked for.
 */
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { joinStreams } from "#base/join-streams";
import { LodgeError } from "#contract/errors";
import { tunnelPath, tunnelProtocol, tunnelQuiet } from "#contract/tunnel";
import type { Log } from "#base/log";
import type { Peer } from "../caller.ts";
import { peerOf, type MemberDirectory } from "../peer-guard.ts";
import { toAnswer } from "../problem.ts";

const { STATUS_CODES } = process.getBuiltinModule("node:http");

export interface TunnelService {
  /**
   * Opens what a tunnel of another host is to lead to.
   * @throws LodgeError cluster.tunnel_refused, and what is wrong with what it leads to
   */
  open(to: TunnelEnd, peer: Peer, signal: AbortSignal): Promise<Duplex>;
}

export interface TunnelEnd {
  readonly kind: string;
  readonly ref: string;
  readonly end: string;
}

export interface TunnelParts {
  readonly members: MemberDirectory & {
    /** Calls back when it is another one; ends with the signal. */
    onChange(listener: () => void, signal: AbortSignal): void;
  };
  readonly tunnels: TunnelService;
}

/** Who may have which tunnels. */
export interface TunnelEnds {
  /** Opens what one leads to, for whoever asks by this request. @throws LodgeError why he may not, or what is wrong with that */
  open(request: IncomingMessage, to: TunnelEnd, signal: AbortSignal): Promise<Duplex>;
  /** Calls back where whoever asks by this request may have none any more; ends with the signal. */
  onRefused?(request: IncomingMessage, listener: () => void, signal: AbortSignal): void;
}

/** Those of the hosts of a cluster. */
export const peerEnds = ({ members, tunnels }: TunnelParts): TunnelEnds => ({
  async open(request, to, signal) {
    return tunnels.open(to, requirePeer(request, members), signal);
  },
  onRefused(request, listener, signal) {
    const { id } = requirePeer(request, members);
    members.onChange(() => {
      if (!members.get(id)) listener();
    }, signal);
  },
});

/** @throws LodgeError cluster.peers_only, cluster.not_a_member, cluster.wire_mismatch */
function requirePeer(request: IncomingMessage, members: MemberDirectory): Peer {
  const peer = peerOf(request, members);
  if (!peer) throw new LodgeError("cluster.peers_only");
  return peer;
}

export const isTunnel = ({ headers }: IncomingMessage): boolean =>
  headers.upgrade?.toLowerCase() === tunnelProtocol;

/** Serves one until either end has ended, its host is no member any more, or the daemon stops. */
export function serveTunnel(
  parts: TunnelEnds & { readonly log: Log },
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  stopping: AbortSignal,
): void {
  const gone = new AbortController();
  // What fails is told by the stream's end.
  socket.on("error", () => undefined);
  socket.once("close", () => gone.abort(new LodgeError("api.client_gone")));
  const signal = AbortSignal.any([gone.signal, stopping]);
  signal.addEventListener("abort", () => socket.destroy(), { once: true });
  lead(parts, request, socket, head, signal).catch((error: unknown) => {
    if (!socket.destroyed) refuse(socket, toAnswer(error, request.url ?? "", "tunnel", parts.log));
  });
}

async function lead(
  ends: TunnelEnds,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  signal: AbortSignal,
): Promise<void> {
  const to = tunnelPath.read(request.url ?? "");
  if (!to) throw new LodgeError("cluster.tunnel_refused", { path: (request.url ?? "").slice(0, 200) });
  const far = await ends.open(request, to, signal);
  if (socket.destroyed) return void far.destroy();
  ends.onRefused?.(request, () => socket.destroy(), signal);
  (socket as Socket).setTimeout(0);
  (socket as Socket).setNoDelay(true);
  (socket as Socket).setKeepAlive(true, tunnelQuiet);
  if (head.length > 0) socket.unshift(head);
  socket.write(
    `HTTP/1.1 101 ${STATUS_CODES[101]}\r\nConnection: Upgrade\r\nUpgrade: ${tunnelProtocol}\r\n\r\n`,
  );
  await joinStreams(socket, far);
}

function refuse(socket: Duplex, error: LodgeError): void {
  const body = JSON.stringify(error.toProblem());
  const head = [
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status] ?? "Error"}`,
    "Content-Type: application/problem+json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}
