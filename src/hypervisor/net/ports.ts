/** Is a port of this host free to be published? */
import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import { LodgeError } from "#contract/errors";
import type { Publish } from "#contract/schema/guest";
import { nftRules, type NftRule } from "./nft.ts";

type Port = Pick<Publish, "protocol" | "hostPort">;

interface DnatExpression {
  readonly match?: { left?: { payload?: { protocol?: string; field?: string } }; right?: unknown };
  readonly dnat?: unknown;
}

/** Does some rule send this port elsewhere: another Lodge's, a container's? Sockets don't show it. */
export function redirected(rules: readonly NftRule[], { protocol, hostPort }: Port): boolean {
  return rules.some((rule) => {
    const expressions = rule.expr as DnatExpression[];
    if (!expressions.some((e) => "dnat" in e)) return false;
    return expressions.some(({ match }) => {
      const payload = match?.left?.payload;
      return payload?.protocol === protocol && payload.field === "dport" && match?.right === hostPort;
    });
  });
}

/** The error of listening on the port for a moment, if any. */
function listenError({ protocol, hostPort }: Port): Promise<string | undefined> {
  return new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message);
    if (protocol === "udp") {
      const socket = createSocket("udp4").on("error", failed);
      socket.bind(hostPort, () => socket.close(() => resolve(undefined)));
    } else {
      const server = createServer().on("error", failed);
      server.listen(hostPort, "0.0.0.0", () => server.close(() => resolve(undefined)));
    }
  });
}

/** Does no socket of the host have the port? */
export const isPortFree = async (port: Port): Promise<boolean> => (await listenError(port)) === undefined;

/**
 * Checks that a port can be published: no socket has it, and no rule redirects it (rules can be read by
 * root only; without, sockets alone count).
 *
 * @throws LodgeError network.port_in_use, with another port to take; host.permission.
 */
export async function assertPortFree(port: Port, privileged: boolean): Promise<void> {
  const rules = privileged ? await nftRules() : [];
  const { protocol, hostPort } = port;
  const error = await listenError(port);
  if (error === "EACCES") throw new LodgeError("host.permission", { what: `open port ${hostPort}` });
  if (error === undefined && !redirected(rules, port)) return;
  let suggestion = hostPort < 1024 ? hostPort + 8000 : hostPort + 1;
  while (suggestion < 65535) {
    const other = { protocol, hostPort: suggestion };
    if (!redirected(rules, other) && (await listenError(other)) === undefined) break;
    suggestion++;
  }
  throw new LodgeError("network.port_in_use", { port: hostPort, protocol, suggestion });
}
