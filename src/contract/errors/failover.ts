import type { CatalogueEntry } from "./entry.ts";

/** Errors of taking over what a lost host ran. */
export const failoverErrors = {
  "failover.not_refused": {
    status: 503,
    message: "Host '{host}' may still write to the disks of guest '{guest}': {reason}.",
    hint: "It is tried again. Where you have looked and the host is off, say so with 'lodge fence confirm {host} --off'.",
  },
  "failover.no_host": {
    status: 507,
    message: "No host can have guest '{guest}', whose own is lost: {reason}.",
    hint: "It is tried again: make room on another host, or bring the lost one back.",
  },
} as const satisfies Record<string, CatalogueEntry>;
