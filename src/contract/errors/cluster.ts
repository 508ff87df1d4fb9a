import type { CatalogueEntry } from "./entry.ts";

/** Errors of many hosts that are one. */
export const clusterErrors = {
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
} as const satisfies Record<string, CatalogueEntry>;
