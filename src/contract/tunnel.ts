/** How a tunnel between hosts is asked for: its server is server/stream/tunnel.ts, its client client/peers.ts. */

/** What the connection is upgraded to. */
export const tunnelProtocol = "lodge-tunnel";

/**
 * Milliseconds of silence after which an end asks whether the other is still there; it is told dead by 10 s without an answer
 * (libuv asks each second). Else nobody would hear of a cable that was cut while nothing is to be sent.
 */
export const tunnelQuiet = 5000;

const form = /^\/v1\/peer\/tunnels\/([a-z]{1,32})\/([a-z0-9][a-z0-9-]{0,63})\/([a-z0-9][a-z0-9-]{0,63})$/;

export const tunnelPath = {
  /** `kind`: of what; `ref`: which of these; `end`: which of its sockets. */
  write: (kind: string, ref: string, end: string): string => `/v1/peer/tunnels/${kind}/${ref}/${end}`,
  /** Undefined: it is none. */
  read(path: string): { readonly kind: string; readonly ref: string; readonly end: string } | undefined {
    const [, kind, ref, end] = form.exec(path) ?? [];
    return kind === undefined || ref === undefined || end === undefined ? undefined : { kind, ref, end };
  },
};
