import type { CatalogueEntry } from "./entry.ts";

/** Errors of accounts. */
export const userErrors = {
  "user.not_found": {
    status: 404,
    message: "There is no account {user}.",
    hint: "'lodge user ls' lists them.",
  },
  "user.name_taken": {
    status: 409,
    message: "There is an account {name} already.",
    hint: "Choose another name, or change that one with 'lodge user set {name}'.",
  },
  "user.last_admin": {
    status: 409,
    message: "{user} is the last account of an admin.",
    hint: "Give another account the role first: 'lodge user set NAME --role admin'.",
  },
} as const satisfies Record<string, CatalogueEntry>;
