/** What the hosts of a cluster ask each other, through the peer door alone. */
import type { Route } from "../route.ts";

export const peerRoutes = {
  peerHello: {
    method: "GET",
    path: "/v1/peer/hello",
    permission: "peer",
    summary: "Who a host is, what it runs and what its clock says",
    returns: "PeerHello",
    errors: [],
  },
} as const satisfies Record<string, Route>;
