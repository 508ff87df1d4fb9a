import type { CatalogueEntry } from "./entry.ts";

/** Errors of what switches hosts off from outside. */
export const fenceErrors = {
  "fence.not_found": {
    status: 404,
    message: "Nothing is said of how host {fence} is switched off from outside.",
    hint: "'lodge fence ls' shows which hosts have a fence device, 'lodge fence set' gives one to a host.",
  },
  "fence.in_use": {
    status: 409,
    message: "Highly available guests of host {fence} need its fence device: {guests}.",
    hint: "Make them available no more with 'lodge set GUEST --ha off', or move them first.",
  },
  "fence.host_answers": {
    status: 409,
    message: "Host {fence} answers, so it is not off.",
    hint: "What runs on it runs on; nothing has to be said of it.",
  },
} as const satisfies Record<string, CatalogueEntry>;
