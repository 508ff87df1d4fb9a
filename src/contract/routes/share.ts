/** Endpoints of shared folders: what of the host a guest sees, admins of the host alone decide. */
import type { Route } from "../route.ts";

export const shareRoutes = {
  shareAdd: {
    method: "POST",
    path: "/v1/guests/:guest/shares",
    permission: "admin",
    host: true,
    summary: "Share a folder of the host with a guest that is stopped",
    body: "ShareAdd",
    returns: "Guest",
    errors: [
      "guest.not_found",
      "guest.wrong_state",
      "guest.busy",
      "share.name_taken",
      "share.too_many",
      "share.refused",
      "host.cell_unavailable",
      "host.command_missing",
    ],
  },
  shareRemove: {
    method: "DELETE",
    path: "/v1/guests/:guest/shares/:share",
    permission: "operator",
    summary: "Take a shared folder away from a guest that is stopped",
    returns: "Guest",
    errors: ["guest.not_found", "guest.wrong_state", "guest.busy", "share.not_found"],
  },
} as const satisfies Record<string, Route>;
