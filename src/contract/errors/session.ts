import type { CatalogueEntry } from "./entry.ts";

/** Errors of sessions. */
export const sessionErrors = {
  "session.not_found": {
    status: 404,
    message: "There is no session {session}.",
    hint: "It may have ended meanwhile; the list of sessions shows those that are left.",
  },
} as const satisfies Record<string, CatalogueEntry>;
