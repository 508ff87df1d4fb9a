import type { CatalogueEntry } from "./entry.ts";

/** Errors of providers of sign-ins. */
export const providerErrors = {
  "provider.not_found": {
    status: 404,
    message: "There is no provider {provider} to sign in with.",
    hint: "'lodge provider ls' lists them.",
  },
  "provider.unusable": {
    status: 422,
    message: "{issuer} cannot be used to sign in with: {reason}.",
    hint: "Check the issuer: ISSUER/.well-known/openid-configuration has to answer to this host, and name ISSUER.",
  },
  "provider.name_taken": {
    status: 409,
    message: "There is a provider {name} already.",
    hint: "Choose another name, or remove that one with 'lodge provider rm {name}'.",
  },
} as const satisfies Record<string, CatalogueEntry>;
