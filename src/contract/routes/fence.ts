/** Endpoints of fence devices: admins of the hosts alone, as what they name is run as root. */
import type { Route } from "../route.ts";

export const fenceRoutes = {
  fenceList: {
    method: "GET",
    path: "/v1/fences",
    permission: "admin",
    summary: "List the hosts' fence devices",
    returns: "Fence",
    list: true,
    errors: [],
  },
  fenceCreate: {
    method: "POST",
    path: "/v1/fences",
    permission: "admin",
    summary: "Say how a host is switched off from outside",
    body: "FenceCreate",
    returns: "Fence",
    errors: ["cluster.host_not_found"],
  },
  fenceDelete: {
    method: "DELETE",
    path: "/v1/fences/:fence",
    permission: "admin",
    summary: "Forget how a host is switched off from outside",
    returns: "Fence",
    errors: ["fence.not_found", "cluster.host_not_found", "fence.in_use"],
  },
  fenceConfirm: {
    method: "POST",
    path: "/v1/fences/:fence/confirm",
    permission: "admin",
    summary: "Say as a person that a host which is lost is surely off",
    returns: "Fence",
    errors: ["fence.not_found", "cluster.host_not_found", "fence.host_answers"],
  },
} as const satisfies Record<string, Route>;
