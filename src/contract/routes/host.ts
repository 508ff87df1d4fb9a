/** Endpoints of the host and its daemon. */
import type { Route } from "../route.ts";

export const hostRoutes = {
  hostGet: {
    method: "GET",
    path: "/v1/host",
    permission: "viewer",
    scope: "list",
    summary: "The host: capacity, accelerator, versions",
    returns: "Host",
    errors: [],
  },
  hostUpdate: {
    method: "PATCH",
    path: "/v1/host",
    permission: "admin",
    summary: "Change how far the host is over-committed",
    body: "HostUpdate",
    returns: "HostPromise",
    errors: [],
  },
  hostPromise: {
    method: "GET",
    path: "/v1/host/promise",
    permission: "viewer",
    summary: "What the host has promised, to whom, and how much it may promise",
    returns: "HostPromise",
    errors: [],
  },
  hostDoctor: {
    method: "GET",
    path: "/v1/host/doctor",
    permission: "viewer",
    summary: "What this host can do, and how to mend what it cannot",
    returns: "Check",
    list: true,
    errors: [],
  },
  hostShutdown: {
    method: "POST",
    path: "/v1/host/shutdown",
    permission: "admin",
    summary: "Stop the daemon; with guests or for the host's shutdown, those first",
    body: "ShutdownBody",
    operation: true,
    errors: [],
  },
  hostLogs: {
    method: "GET",
    path: "/v1/host/logs",
    permission: "admin",
    summary: "The daemon's own log",
    query: "LogQuery",
    media: "text/plain",
    errors: [],
  },
} as const satisfies Record<string, Route>;
