import type { CatalogueEntry } from "./entry.ts";

/** Errors about a guest's network cards. */
export const nicErrors = {
  "nic.not_found": {
    status: 404,
    message: "Guest '{guest}' has no network card '{nic}'.",
    hint: "'lodge nic ls {guest}' lists its cards.",
  },
  "nic.too_many": {
    status: 422,
    message: "Guest '{guest}' has {limit} network cards, and can have no more.",
    hint: "Take one out with 'lodge nic rm'.",
  },
  "nic.not_live": {
    status: 409,
    message: "Guest '{guest}' runs, and {reason}.",
    hint: "Stop it first with 'lodge stop {guest}'.",
  },
} as const satisfies Record<string, CatalogueEntry>;
