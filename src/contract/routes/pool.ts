/** Endpoints of pools: everybody who is signed in may choose one, and admins of the host make them. */
import type { Route } from "../route.ts";

export const poolRoutes = {
  poolList: {
    method: "GET",
    path: "/v1/pools",
    permission: "viewer",
    scope: "list",
    summary: "List the pools that volumes can be in",
    returns: "Pool",
    list: true,
    spread: true,
    errors: [],
  },
  poolCreate: {
    method: "POST",
    path: "/v1/pools",
    permission: "admin",
    summary: "Make a pool",
    body: "PoolCreate",
    returns: "Pool",
    errors: [
      "pool.name_taken",
      "pool.target_taken",
      "pool.unusable",
      "pool.rbd_incomplete",
      "pool.rbd_alone",
    ],
  },
  poolGet: {
    method: "GET",
    path: "/v1/pools/:pool",
    permission: "viewer",
    scope: "list",
    summary: "Show a pool",
    returns: "Pool",
    errors: ["pool.not_found"],
  },
  poolUpdate: {
    method: "PATCH",
    path: "/v1/pools/:pool",
    permission: "admin",
    summary: "Change a pool's description and quota, and how Ceph is signed in to",
    body: "PoolUpdate",
    returns: "Pool",
    errors: ["pool.not_found", "pool.rbd_alone"],
  },
  poolDelete: {
    method: "DELETE",
    path: "/v1/pools/:pool",
    permission: "admin",
    summary: "Remove a pool that holds nothing any more",
    returns: "Pool",
    errors: ["pool.not_found", "pool.default", "pool.in_use"],
  },
} as const satisfies Record<string, Route>;
