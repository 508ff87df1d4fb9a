/** Hosts of a cluster in memory, and doors between fake daemons as its hosts have them. One that is away answers nobody. */
import { request as httpRequest } from "node:http";
import { asLodgeError, LodgeError } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import type { PeerDoors } from "#server/forward";

type Host = Schemas["ClusterHost"];

export const fakeHost = (name: string, more: Partial<Host> = {}): Host => ({
  id: `h${name.padEnd(10, "0")}`,
  name,
  address: "192.0.2.1:8470",
  version: "0.1.0",
  wire: 1,
  answers: true,
  here: false,
  state: "active",
  voter: true,
  witness: false,
  guests: 0,
  joinedAt: "2026-01-02T03:04:05.000Z",
  ...more,
});

export interface FakePeer {
  readonly name: string;
  /** Where its daemon listens; undefined: it is away. */
  readonly socketPath: string | undefined;
}

/** What the host `name` has of the others; each one's id is its name. */
export function fakePeers(name: string, others: () => readonly FakePeer[]): PeerDoors {
  return {
    name,
    others: () => others().map((peer) => ({ id: peer.name, name: peer.name })),
    find(ref) {
      if (ref === name) return undefined;
      if (others().some((peer) => peer.name === ref)) return ref;
      throw new LodgeError("cluster.host_not_found", { host: ref });
    },
    mayBeGone: () => false,
    async open(host, request) {
      const socketPath = others().find((peer) => peer.name === host)?.socketPath;
      if (socketPath === undefined)
        throw new LodgeError("cluster.host_unreachable", { host, reason: "it is away" });
      return httpRequest({ socketPath, ...request });
    },
    failure: (host, error) =>
      error instanceof LodgeError
        ? error
        : new LodgeError("cluster.host_unreachable", { host, reason: asLodgeError(error).message }),
  };
}
