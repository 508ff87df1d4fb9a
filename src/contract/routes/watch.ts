/** Endpoints for whoever looks on: use over time, small pictures of displays, space, the first start. */
import type { Route } from "../route.ts";
import { guestErrors } from "./guest-errors.ts";

export const watchRoutes = {
  usageGuest: {
    method: "GET",
    path: "/v1/guests/:guest/usage",
    permission: "viewer",
    summary: "What a guest has taken over the last hour or day",
    query: "UsageQuery",
    returns: "UsageSeries",
    errors: ["guest.not_found"],
  },
  usageHost: {
    method: "GET",
    path: "/v1/host/usage",
    permission: "viewer",
    summary: "What the whole host has taken over the last hour or day",
    query: "UsageQuery",
    returns: "UsageSeries",
    errors: [],
  },
  thumbnailGet: {
    method: "GET",
    path: "/v1/guests/:guest/thumbnail",
    permission: "viewer",
    summary: "The display as a small PNG, at most a few seconds old",
    media: "image/png",
    errors: [...guestErrors, "desktop.somebodys"],
  },
  cloudInitGet: {
    method: "GET",
    path: "/v1/guests/:guest/cloud-init",
    permission: "operator",
    summary: "What a guest was given at its first start, and what became of it",
    returns: "CloudInit",
    errors: ["guest.not_found"],
  },
  storageGet: {
    method: "GET",
    path: "/v1/storage",
    permission: "viewer",
    summary: "What takes space on the host, and for whom",
    returns: "Storage",
    errors: [],
  },
} as const satisfies Record<string, Route>;
