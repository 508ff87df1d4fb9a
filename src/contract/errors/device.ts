import type { CatalogueEntry } from "./entry.ts";

/** Errors about the host's devices that are handed on to guests. */
export const deviceErrors = {
  "device.not_found": {
    status: 404,
    message: "There is no device '{device}' {where}.",
    hint: "'lodge device ls' lists the host's devices, and whose they are.",
  },
  "device.taken": {
    status: 409,
    message: "The device '{device}' is guest '{guest}''s, or goes along with one that is.",
    hint: "Take it from there with 'lodge device detach {guest} DEVICE' first.",
  },
  "device.too_many": {
    status: 422,
    message: "Guest '{guest}' has {limit} devices of that kind, and can have no more.",
    hint: "Take one away with 'lodge device detach'.",
  },
  "device.unfit": {
    status: 409,
    message: "The device '{device}' cannot be handed on: {reason}.",
    hint: "{remedy}.",
  },
  "device.held": {
    status: 409,
    message: "Guest '{guest}' has the host's device '{device}', and with one it cannot {wish}.",
    hint: "Stop it and take the device away with 'lodge device detach {guest} {device}'.",
  },
} as const satisfies Record<string, CatalogueEntry>;
