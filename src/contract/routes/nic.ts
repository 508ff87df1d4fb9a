/** Endpoints of guests' network cards. */
import type { Route } from "../route.ts";
import { guestErrors } from "./guest-errors.ts";

export const nicRoutes = {
  nicAdd: {
    method: "POST",
    path: "/v1/guests/:guest/nics",
    permission: "operator",
    summary: "Give a guest one more network card",
    body: "NicAdd",
    operation: true,
    errors: [
      ...guestErrors,
      "network.not_found",
      "network.addresses_exhausted",
      "network.address_unfit",
      "network.mac_taken",
      "nic.too_many",
      "nic.not_live",
    ],
  },
  nicRemove: {
    method: "DELETE",
    path: "/v1/guests/:guest/nics/:nic",
    permission: "operator",
    summary: "Take a network card out of a guest",
    operation: true,
    errors: [...guestErrors, "nic.not_found", "nic.not_live"],
  },
} as const satisfies Record<string, Route>;
