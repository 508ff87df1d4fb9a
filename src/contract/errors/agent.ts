import type { CatalogueEntry } from "../errors.ts";

/** Errors of the channel into a guest. */
export const agentErrors = {
  "agent.unreachable": {
    status: 504,
    message: "The agent in guest {guest} did not answer within {seconds} s.",
    hint: "It may still be booting or have no agent: look with 'lodge console {guest}'.",
  },
  "agent.lost": {
    status: 502,
    message: "The connection to the agent in guest {guest} was lost.",
    hint: "The guest may have stopped or started anew: see 'lodge show {guest}' and 'lodge logs {guest}'.",
  },
  "agent.unsupported": {
    status: 409,
    message: "The agent in guest {guest} cannot {what}.",
    hint: "The image has only QEMU's guest agent; use 'lodge console {guest}', or an image built by Lodge.",
  },
  "agent.busy": {
    status: 429,
    message: "The agent in guest {guest} has too much to do at once: {reason}.",
    hint: "Try again when some of the running commands and copies have ended.",
  },
  "agent.refused": {
    status: 500,
    message: "The agent in guest {guest} refused what it was asked: {reason}.",
    hint: "Guest and host may have different releases of Lodge: rebuild the image, or restart the guest.",
  },
  "agent.command_not_found": {
    status: 422,
    message: "The guest could not start '{command}': {reason}.",
    hint: "Check that the command exists in the guest and that its path is right.",
  },
  "agent.command_timeout": {
    status: 504,
    message: "'{command}' did not end within {seconds} s in guest {guest}.",
    hint: "Give it more time, or run it in the background.",
  },
  "agent.file": {
    status: 422,
    message: "The guest could not use the file {path}: {reason}.",
    hint: "Check the path and its permissions in the guest.",
  },
  "agent.frozen": {
    status: 409,
    message: "The file systems of guest {guest} are frozen while a snapshot is taken.",
    hint: "Try again in a few seconds.",
  },
  "agent.freeze_failed": {
    status: 500,
    message: "The file systems of guest {guest} could not be frozen: {reason}.",
    hint: "A snapshot without freezing is like a power cut to the guest; its journal repairs that.",
  },
  "agent.identity": {
    status: 500,
    message: "Guest {guest} could not take its own identity: {reason}.",
    hint: "The guest was kept without network; look with 'lodge console {guest}' or remove it with 'lodge rm {guest}'.",
  },
} as const satisfies Record<string, CatalogueEntry>;
