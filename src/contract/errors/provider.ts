import type { CatalogueEntry } from "./entry.ts";

/** Errors of providers of sign-ins. */
export const providerErrors = {
  "provider.not_found": {
    status: 404,
    message: "There is no provider {provider} to sign in with.",
    hint: "'lodge provider ls' lists them.",
  },
  "provider.name_taken": {
    status: 409,
    message: "There is a provider {name} already.",
    hint: "Choose another name, or remove that one with 'lodge provider rm {name}'.",
  },
} as const satisfies Record<string, CatalogueEntry>;
