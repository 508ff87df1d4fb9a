import type { CatalogueEntry } from "./entry.ts";

/** Errors about guests' displays and serial consoles. */
export const consoleErrors = {
  "console.ticket_refused": {
    status: 401,
    message:
      "This ticket opens no console here: it was used, is older than 30 s, or is not for you or this guest.",
    hint: "Ask for another: POST /v1/guests/GUEST/display-ticket. Each opens one console, once.",
  },
  "console.no_display": {
    status: 409,
    message: "The display of guest '{guest}' cannot be watched: it was started without one.",
    hint: "'lodge restart {guest}' gives it one. 'lodge console {guest}' shows its serial console.",
  },
  "console.no_sound": {
    status: 409,
    message: "Guest '{guest}' has no sound card.",
    hint: "A guest is made with one: 'lodge run --sound'.",
  },
  "console.too_many": {
    status: 429,
    message: "The display of guest '{guest}' has {limit} viewers already.",
    hint: "Close one of them first.",
  },
  "console.size_changed": {
    status: 409,
    message: "The screen has another size now, which this viewer cannot be told of.",
    hint: "Connect again.",
  },
  "console.drop_forbidden": {
    status: 403,
    message: "Files cannot be dropped onto guest '{guest}': it is set so.",
    hint: "'lodge set {guest} --file-drop on' allows it again.",
  },
  "console.drop_failed": {
    status: 409,
    message: "'{file}' did not get into guest '{guest}': {reason}.",
    hint: "SPICE's agent (spice-vdagent) takes files for whoever is signed in at the desktop. 'lodge cp' needs no desktop.",
  },
  "console.protocol": {
    status: 400,
    message: "What {who} says is not RFB 3.8: {reason}.",
    hint: "Use a viewer that speaks RFB 3.8, such as noVNC.",
  },
} as const satisfies Record<string, CatalogueEntry>;
