import type { CatalogueEntry } from "./entry.ts";

/** Errors of emptying a host. */
export const drainErrors = {
  "drain.stuck": {
    status: 409,
    message: "Not all guests can leave this host: {guests}. Nothing was moved.",
    hint: "The detail says what is in the way of each; 'lodge host drain --partly' moves the others.",
  },
  "drain.alone": {
    status: 409,
    message: "This host is in no cluster, so its guests can go nowhere.",
    hint: "Let it join others first; 'lodge shutdown' puts its guests to rest.",
  },
} as const satisfies Record<string, CatalogueEntry>;
