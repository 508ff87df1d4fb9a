import type { CatalogueEntry } from "./entry.ts";

/** Errors of tokens. */
export const tokenErrors = {
  "token.not_found": {
    status: 404,
    message: "There is no token {token}.",
    hint: "'lodge token ls' lists them.",
  },
  "token.name_taken": {
    status: 409,
    message: "There is a token {name} already.",
    hint: "Choose another name, or revoke that one with 'lodge token rm {name}'.",
  },
} as const satisfies Record<string, CatalogueEntry>;
