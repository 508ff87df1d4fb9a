import type { CatalogueEntry } from "./entry.ts";

/** Errors of passkeys as things. */
export const passkeyErrors = {
  "passkey.not_found": {
    status: 404,
    message: "You have no passkey {passkey}.",
    hint: "It may be removed already; the list of your passkeys shows those that are left.",
  },
} as const satisfies Record<string, CatalogueEntry>;
