/** What tunnels of other hosts may lead to on this one: whoever has such things says so, and nothing else is there. */
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { LodgeError } from "#contract/errors";

/** Names of what a tunnel leads to: which of a kind's things, and which of its sockets. */
export interface TunnelTarget {
  readonly ref: string;
  readonly end: string;
}

/** Undefined: there is no such thing. `from`: id of the host that asks. */
export type OpenTunnel = (
  target: TunnelTarget,
  from: string,
  signal: AbortSignal,
) => Promise<Duplex | undefined>;

export class Tunnels {
  readonly #kinds = new Map<string, OpenTunnel>();

  /** Tunnels of this kind lead to what `open` finds. */
  offer(kind: string, open: OpenTunnel): void {
    this.#kinds.set(kind, open);
  }

  /** @throws LodgeError cluster.tunnel_refused */
  async open(
    { kind, ref, end }: TunnelTarget & { readonly kind: string },
    { id }: { readonly id: string },
    signal: AbortSignal,
  ): Promise<Duplex> {
    const found = await this.#kinds.get(kind)?.({ ref, end }, id, signal);
    if (!found) throw new LodgeError("cluster.tunnel_refused", { path: `${kind}/${ref}/${end}` });
    return found;
  }
}

/** A connection to a unix socket; undefined where nobody listens there. The path is its caller's to be sure of. */
export const openSocket = (path: string, signal: AbortSignal): Promise<Duplex | undefined> =>
  new Promise((resolve, reject) => {
    const socket = connect({ path, allowHalfOpen: true, signal });
    socket.once("connect", () => resolve(socket));
    socket.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT" || error.code === "ECONNREFUSED") resolve(undefined);
      else reject(signal.aborted ? signal.reason : error);
    });
  });
