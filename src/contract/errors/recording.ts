import type { CatalogueEntry } from "./entry.ts";

/** Errors of recordings of displays. */
export const recordingErrors = {
  "recording.not_found": {
    status: 404,
    message: "There is no recording '{recording}'.",
    hint: "'lodge recording ls' lists them; old ones are removed by themselves.",
  },
  "recording.running": {
    status: 409,
    message: "The display of guest '{guest}' is recorded already, as {recording}.",
    hint: "End that one first, with 'lodge recording stop {recording}'.",
  },
  "recording.not_running": {
    status: 409,
    message: "Recording {recording} has ended.",
    hint: "'lodge recording ls' shows which ones run.",
  },
  "recording.not_ended": {
    status: 409,
    message: "Recording {recording} is still being made.",
    hint: "End it first, with 'lodge recording stop {recording}'.",
  },
  "recording.no_space": {
    status: 507,
    message: "Nothing is recorded with less than {needed} free on the disk of {path}; {available} are.",
    hint: "Free some space, for example with 'lodge recording rm'.",
  },
  "recording.too_many": {
    status: 429,
    message: "{limit} displays are being recorded already.",
    hint: "End one of the recordings first; 'lodge recording ls' shows them.",
  },
  "recording.damaged": {
    status: 422,
    message: "This recording cannot be played: {reason}.",
    hint: "Take it from the host again, with 'lodge recording save'.",
  },
} as const satisfies Record<string, CatalogueEntry>;
