/**
 * Who may speak to the daemon.
 *
 * Over the unix socket: whoever may open it, which the file system decides. Over TCP: whoever shows the
 * token, since any user and any page in a browser on this computer can reach a loopback address. The Host
 * header must name that address, or a page could get here under a name of its own that resolves to it.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { isIPv4 } from "node:net";
import type { Socket } from "node:net";
import { LodgeError } from "#contract/errors";

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

export const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));

/** The name in a Host header, without its port and brackets. */
function hostName(header: string): string {
  const name = header.replace(/:\d+$/, "");
  return name.startsWith("[") && name.endsWith("]") ? name.slice(1, -1) : name;
}

export interface Guard {
  /** Connections of this kind need no token. */
  trust(socket: Socket): void;
  /** @throws LodgeError api.host_refused, api.unauthorized */
  check(request: IncomingMessage): void;
}

/** Without a token, nothing but trusted connections gets in. */
export function createGuard(token: string | undefined): Guard {
  const trusted = new WeakSet<Socket>();
  const expected = token === undefined ? undefined : digest(`Bearer ${token}`);
  return {
    trust: (socket) => trusted.add(socket),
    check({ socket, headers }) {
      if (trusted.has(socket)) return;
      const name = hostName(headers.host ?? "");
      if (!isLoopback(name)) throw new LodgeError("api.host_refused", { name: name.slice(0, 255) });
      const shown = digest(headers.authorization ?? "");
      if (!expected || !timingSafeEqual(shown, expected)) throw new LodgeError("api.unauthorized");
    },
  };
}
