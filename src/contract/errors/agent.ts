import type { CatalogueEntry } from "./entry.ts";

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
  "agent.absent": {
    status: 409,
    message: "Guest {guest} has no agent: its image is recorded as one without.",
    hint: "Use 'lodge console {guest}'. If QEMU's guest agent is in the image, import it with --agent qemu.",
  },
  "agent.bad_answer": {
    status: 502,
    message: "The agent in guest {guest} gave an answer that makes no sense: {reason}.",
    hint: "Something else than an agent answers, or it is broken: restart the guest, or use 'lodge console {guest}'.",
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
  "agent.command_runs_on": {
    status: 409,
    message:
      "'{command}' runs on in guest {guest} as process {pid}: QEMU's guest agent cannot hand on a signal.",
    hint: "End it there: 'lodge exec {guest} -- kill {pid}'.",
  },
  "agent.input_limit": {
    status: 413,
    message: "QEMU's guest agent takes at most {limit} MiB of input for a command in guest {guest}.",
    hint: "Copy the input into the guest with 'lodge cp' and let the command read it there.",
  },
  "agent.output_limit": {
    status: 422,
    message:
      "'{command}' wrote more than {limit} MiB in guest {guest}; QEMU's guest agent kept no more of it.",
    hint: "Let it write into a file, and copy that out with 'lodge cp'.",
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
