/** Endpoints of networks. */
import type { Route } from "../route.ts";

export const networkRoutes = {
  networkList: {
    method: "GET",
    path: "/v1/networks",
    permission: "viewer",
    scope: "list",
    summary: "List networks",
    returns: "Network",
    list: true,
    errors: [],
  },
} as const satisfies Record<string, Route>;
