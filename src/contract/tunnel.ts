/** How a tunnel between hosts is asked for: its server is server/stream/tunnel.ts, its client client/peers.ts. */

/** What the connection is upgraded to. */
export const tunnelProtocol = "lodge-tunnel";

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
