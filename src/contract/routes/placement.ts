/** Endpoints of placement: where a guest would go, and how guests would be spread anew. */
import type { Route } from "../route.ts";

export const placementRoutes = {
  placementExplain: {
    method: "POST",
    path: "/v1/placement",
    permission: "operator",
    scope: "project",
    summary: "Where a guest asked for like this would go, and why; nothing is made",
    body: "GuestCreate",
    hostFields: { iso: "operator" },
    hostValues: { shares: { needs: "admin" } },
    returns: "PlacementDecision",
    errors: ["image.not_found", "network.not_found"],
  },
  placementSettings: {
    method: "GET",
    path: "/v1/placement/settings",
    permission: "viewer",
    summary: "By what policy guests are placed and spread",
    returns: "PlacementSettings",
    errors: [],
  },
  placementUpdate: {
    method: "PATCH",
    path: "/v1/placement/settings",
    permission: "admin",
    summary: "Change by what policy guests are placed and spread",
    body: "PlacementSettingsUpdate",
    returns: "PlacementSettings",
    errors: [],
  },
  placementRebalance: {
    method: "GET",
    path: "/v1/placement/rebalance",
    permission: "admin",
    summary: "The plan of a rebalance: which guests would move where, and why; nothing moves",
    returns: "RebalancePlan",
    errors: [],
  },
  placementReserve: {
    method: "GET",
    path: "/v1/placement/reserve",
    permission: "admin",
    summary: "Whether all highly available guests would find a place if hosts failed",
    returns: "ReserveCheck",
    errors: [],
  },
} as const satisfies Record<string, Route>;
