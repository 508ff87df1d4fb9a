import { choice } from "../command.ts";

/** Of an account: in every project, or in none but those where one is granted. */
export const globalRole = choice(
  ["none", "viewer", "operator", "admin"],
  "In every project: viewer: see; operator: make and use guests; admin: all. none: only what 'lodge project grant' gives.",
);

export const role = choice(
  ["viewer", "operator", "admin"],
  "viewer: see; operator: make and use guests; admin: all.",
);

/** Of a token: at most what its account has. */
export const tokenRole = choice(
  ["none", "viewer", "operator", "admin"],
  "viewer: see; operator: make and use guests; admin: all. none: only what is one's own, as one's desktops.",
);
