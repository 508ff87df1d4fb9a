/** Endpoints of the host's devices: whose they are, admins of the host alone decide. */
import type { Route } from "../route.ts";

export const deviceRoutes = {
  deviceList: {
    method: "GET",
    path: "/v1/devices",
    permission: "admin",
    summary: "List the host's USB and PCI devices, and whether they can be handed on",
    returns: "HostDevice",
    list: true,
    spread: true,
    errors: [],
  },
  deviceAttach: {
    method: "POST",
    path: "/v1/guests/:guest/devices",
    permission: "admin",
    host: true,
    summary: "Hand a device of the host on to a guest that is stopped",
    body: "DeviceAttach",
    returns: "Guest",
    errors: [
      "guest.not_found",
      "guest.wrong_state",
      "guest.busy",
      "device.not_found",
      "device.taken",
      "device.too_many",
      "device.unfit",
    ],
  },
  deviceDetach: {
    method: "DELETE",
    path: "/v1/guests/:guest/devices/:device",
    permission: "operator",
    summary: "Take a device of the host away from a guest that is stopped",
    returns: "Guest",
    errors: ["guest.not_found", "guest.wrong_state", "guest.busy", "device.not_found"],
  },
} as const satisfies Record<string, Route>;
