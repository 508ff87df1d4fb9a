import type { Route } from "../route.ts";
import { guestErrors } from "./guest-errors.ts";

/** Endpoints of the copies that guests' disks have on a second host. */
export const replicaRoutes = {
  replicaSet: {
    method: "POST",
    path: "/v1/guests/:guest/replica",
    permission: "operator",
    host: true,
    summary: "Keep a copy of a guest's disks on a second host, equal at each write",
    body: "ReplicaSet",
    operation: true,
    errors: [
      ...guestErrors,
      "replica.impossible",
      "replica.exists",
      "cluster.host_not_found",
      "cluster.host_unreachable",
      "placement.no_host",
    ],
  },
  replicaDelete: {
    method: "DELETE",
    path: "/v1/guests/:guest/replica",
    permission: "operator",
    host: true,
    summary: "Keep no copy of a guest's disks on a second host any more",
    returns: "Guest",
    errors: ["guest.not_found", "replica.none", "guest.ha_impossible"],
  },
  replicaPromote: {
    method: "POST",
    path: "/v1/replicas/:replica/promote",
    permission: "admin",
    summary: "Start a guest whose host is lost with what its replica has",
    body: "ReplicaPromote",
    returns: "ReplicaPromoted",
    errors: [
      "guest.not_found",
      "replica.none",
      "replica.host_lives",
      "replica.behind",
      "replica.nothing_whole",
      "failover.not_refused",
      "cluster.host_unreachable",
      "move.alone",
    ],
  },
} as const satisfies Record<string, Route>;
