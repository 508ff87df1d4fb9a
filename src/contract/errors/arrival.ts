import type { CatalogueEntry } from "./entry.ts";

/** Errors of guests that come to a host from outside its cluster. */
export const arrivalErrors = {
  "arrival.not_found": {
    status: 404,
    message: "There is no arrival {arrival} on this host.",
    hint: "'lodge arrival ls' shows those that there are.",
  },
} as const satisfies Record<string, CatalogueEntry>;
