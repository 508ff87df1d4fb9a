/** Endpoints of what happens and changes. */
import type { Route } from "../route.ts";

export const eventRoutes = {
  eventStream: {
    method: "GET",
    path: "/v1/events",
    permission: "viewer",
    scope: "list",
    subject: { part: "query", field: "guest", noun: "guest" },
    summary: "What happens and what changes, as it does",
    query: "EventQuery",
    stream: true,
    sse: true,
    errors: ["guest.not_found", "cluster.host_not_found", "cluster.host_unreachable"],
  },
  eventList: {
    method: "GET",
    path: "/v1/events/history",
    permission: "viewer",
    scope: "list",
    summary: "List what happened, newest first",
    query: "EventListQuery",
    returns: "Event",
    list: true,
    paged: true,
    errors: [],
  },
} as const satisfies Record<string, Route>;
