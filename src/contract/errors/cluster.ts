import type { CatalogueEntry } from "./entry.ts";

/** Errors of many hosts that are one. */
export const clusterErrors = {
  "cluster.carry_failed": {
    status: 500,
    message: "This host's state could not be carried into the cluster's store: {reason}.",
    hint: "Nothing was changed here. Try again with an etcd that is empty.",
  },
  "cluster.elsewhere": {
    status: 409,
    message: "What this is about has just gone to another host.",
    hint: "Try again.",
  },
  "cluster.host_not_found": {
    status: 404,
    message: "There is no host {host} in this cluster.",
    hint: "'lodge cluster ls' shows which there are.",
  },
  "cluster.host_unreachable": {
    status: 503,
    message: "The host {host} does not answer: {reason}.",
    hint: "What runs there may run on. 'lodge cluster status' shows which hosts answer.",
  },
  "cluster.peers_only": {
    status: 403,
    message: "This is between the hosts of a cluster alone.",
    hint: "Ask at the address of the web interface, or with 'lodge' on one of the hosts.",
  },
  "cluster.not_a_member": {
    status: 403,
    message: "The host {host} is no member of this cluster.",
    hint: "If it was taken out, have it join again with a new token.",
  },
  "cluster.wire_mismatch": {
    status: 409,
    message: "The host {host} speaks version {theirs} of what hosts say to each other, and this one {own}.",
    hint: "Two adjacent versions work together: upgrade the older host step by step.",
  },
  "cluster.tunnel_refused": {
    status: 404,
    message: "There is nothing at {path} that a tunnel may lead to.",
    hint: "It may have ended meanwhile: try again.",
  },
  "cluster.request_invalid": {
    status: 400,
    message: "What was sent to be signed for a host is not in order: {reason}.",
    hint: "Both hosts have to run a Lodge of the same or the next version: look with 'lodge host version' on each.",
  },
  "cluster.identity_unusable": {
    status: 503,
    message: "This host's certificate at {path} cannot be used: {reason}.",
    hint: "Put the folder back from a backup of this host, or take it out of the cluster and have it join again.",
  },
} as const satisfies Record<string, CatalogueEntry>;
