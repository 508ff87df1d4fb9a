/** Endpoints of guests' disks. */
import type { Route } from "../route.ts";
import { guestErrors } from "./guest-errors.ts";

export const diskRoutes = {
  diskAdd: {
    method: "POST",
    path: "/v1/guests/:guest/disks",
    permission: "operator",
    summary: "Give a guest one more disk, empty",
    body: "DiskAdd",
    operation: true,
    errors: [...guestErrors, "disk.no_place", "disk.not_live", "host.promised", "project.quota"],
  },
  diskRemove: {
    method: "DELETE",
    path: "/v1/guests/:guest/disks/:disk",
    permission: "operator",
    summary: "Take a disk out of a guest and remove what is on it",
    operation: true,
    errors: [...guestErrors, "disk.not_found", "disk.boots", "disk.not_live", "volume.attached"],
  },
  diskResize: {
    method: "POST",
    path: "/v1/guests/:guest/disks/:disk/resize",
    permission: "operator",
    summary: "Make a disk larger",
    body: "DiskResize",
    operation: true,
    errors: [...guestErrors, "disk.not_found", "disk.shrink", "host.promised", "project.quota"],
  },
} as const satisfies Record<string, Route>;
