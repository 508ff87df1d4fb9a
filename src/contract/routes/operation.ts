/** Endpoints of long work. */
import type { Route } from "../route.ts";

export const operationRoutes = {
  operationList: {
    method: "GET",
    path: "/v1/operations",
    permission: "viewer",
    scope: "list",
    summary: "List operations",
    query: "OperationQuery",
    returns: "Operation",
    list: true,
    paged: true,
    errors: [],
  },
  operationGet: {
    method: "GET",
    path: "/v1/operations/:operation",
    permission: "viewer",
    summary: "Show an operation",
    returns: "Operation",
    errors: ["operation.not_found"],
  },
  operationWait: {
    method: "GET",
    path: "/v1/operations/:operation/wait",
    permission: "viewer",
    summary: "Wait until an operation changes or ends",
    query: "WaitQuery",
    returns: "Operation",
    errors: ["operation.not_found"],
  },
  operationCancel: {
    method: "POST",
    path: "/v1/operations/:operation/cancel",
    permission: "operator",
    summary: "Cancel an operation",
    returns: "Operation",
    errors: ["operation.not_found", "operation.not_cancellable"],
  },
} as const satisfies Record<string, Route>;
