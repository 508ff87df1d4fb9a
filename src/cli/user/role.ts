import { choice } from "../command.ts";

export const role = choice(
  ["viewer", "operator", "admin"],
  "viewer: see; operator: make and use guests; admin: all.",
);
