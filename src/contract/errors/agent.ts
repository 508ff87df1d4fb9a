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
    hint: "The guest may have stopped: see 'lodge show {guest}' and 'lodge logs {guest}'.",
  },
  "agent.unsupported": {
    status: 409,
    message: "The agent in guest {guest} cannot {what}.",
    hint: "The image has only QEMU's guest agent; use 'lodge console {guest}', or an image built by Lodge.",
  },
  "agent.command_not_found": {
    status: 422,
    message: "The guest could not start '{command}': {reason}.",
    hint: "Check that the command exists in the guest and that its path is right.",
  },
  "agent.file": {
    status: 422,
    message: "The guest could not use the file {path}: {reason}.",
    hint: "Check the path and its permissions in the guest.",
  },
  "agent.identity": {
    status: 500,
    message: "Guest {guest} could not take its own identity: {reason}.",
    hint: "The guest was kept without network; look with 'lodge console {guest}' or remove it with 'lodge rm {guest}'.",
  },
} as const satisfies Record<string, CatalogueEntry>;
