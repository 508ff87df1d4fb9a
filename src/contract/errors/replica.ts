import type { CatalogueEntry } from "./entry.ts";

/** Errors of the copies that guests' disks have on a second host. */
export const replicaErrors = {
  "replica.impossible": {
    status: 409,
    message: "Guest '{guest}' can have no replica: {reason}.",
    hint: "What would help: {fix}.",
  },
  "replica.exists": {
    status: 409,
    message: "Guest '{guest}' has a replica on {host} already.",
    hint: "To have it elsewhere, take that one away first with 'lodge replica rm {guest}'.",
  },
  "replica.none": {
    status: 404,
    message: "Guest '{guest}' has no replica.",
    hint: "'lodge replica set {guest}' makes one on another host of the cluster.",
  },
  "replica.torn": {
    status: 409,
    message: "The replica of guest '{guest}' was not closed in order, and has to be made anew.",
    hint: "That happens by itself while both hosts run; 'lodge replica ls' shows how far it is.",
  },
  "replica.cut": {
    status: 503,
    message: "The connection to the replica of guest '{guest}' on {host} was cut.",
    hint: "The guest goes on, and the connection is tried again. 'lodge cluster status' shows which hosts answer.",
  },
  "replica.behind": {
    status: 409,
    message: "The replica of guest '{guest}' on {host} is not in sync: {reason}.",
    hint: "Bring the guest's host back if you can. Otherwise 'lodge replica promote {guest} --accept-loss' starts the guest with what was last in sync.",
  },
  "replica.nothing_whole": {
    status: 409,
    message: "The replica of guest '{guest}' on {host} has never been whole, or is no more.",
    hint: "What the guest has is on its own host alone: bring that back.",
  },
  "replica.host_lives": {
    status: 409,
    message: "Host {host}, which has guest '{guest}', answers.",
    hint: "'lodge move {guest}' moves it. A replica is started only where the guest's host is lost.",
  },
} as const satisfies Record<string, CatalogueEntry>;
