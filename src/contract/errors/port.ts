import type { CatalogueEntry } from "./entry.ts";

/** Errors about connections to guests' ports. */
export const portErrors = {
  "port.refused": {
    status: 502,
    message: "Nothing answers on port {port} of guest '{guest}': {reason}.",
    hint: "Start the service there. What listens: 'lodge exec {guest} -- ss -ltn'.",
  },
  "port.unreachable": {
    status: 409,
    message: "The ports of guest '{guest}' cannot be reached: {reason}.",
    hint: "An image that Lodge built has the agent which leads to them; else give the guest a card: 'lodge nic add {guest} NETWORK'.",
  },
  "port.broken": {
    status: 502,
    message: "The connection to port {port} of guest '{guest}' broke off: {reason}.",
    hint: "Connect again; what its service says is in the guest's own log.",
  },
  "port.idle": {
    status: 408,
    message: "Nothing went over the connection to port {port} of guest '{guest}' for {hours} hours.",
    hint: "Connect again, and have the program send something now and then, as ssh does with ServerAliveInterval.",
  },
  "port.too_many": {
    status: 429,
    message: "Guest '{guest}' has {limit} connections to its ports already.",
    hint: "Close some of them first, or publish the port when the guest is made: 'lodge run --publish 8080:80'.",
  },
  "port.not_granted": {
    status: 403,
    message: "This ticket does not open port {port}.",
    hint: "An operator of the guest asks for one with 'ports': POST /v1/guests/GUEST/display-ticket.",
  },
} as const satisfies Record<string, CatalogueEntry>;
