import type { CatalogueEntry } from "./entry.ts";

/** Errors about guests. */
export const guestErrors = {
  "guest.not_found": {
    status: 404,
    message: "There is no guest '{guest}'.",
    hint: "'lodge ls' shows the guests.",
  },
  "guest.name_taken": {
    status: 409,
    message: "A guest named '{name}' already exists.",
    hint: "Choose another name with --name, or remove the guest with 'lodge rm {name}'.",
  },
  "guest.wrong_state": {
    status: 409,
    message: "Guest '{guest}' is {state}; to {wish}, it must be {allowed}.",
    hint: "{remedy}.",
  },
  "guest.busy": {
    status: 409,
    message: "Guest '{guest}' is busy with another operation ({operation}).",
    hint: "Wait for it with 'lodge operation wait {operation}', or cancel it.",
  },
  "guest.start_failed": {
    status: 500,
    message: "Guest '{guest}' did not start: {reason}.",
    hint: "'lodge logs {guest}' shows what QEMU said.",
  },
  "guest.crashed": {
    status: 500,
    message: "Guest '{guest}' ended unexpectedly: {reason}.",
    hint: "'lodge logs {guest}' shows the last lines; 'lodge start {guest}' starts it again.",
  },
  "guest.stop_timeout": {
    status: 504,
    message: "Guest '{guest}' did not shut down within {seconds} s.",
    hint: "Give it more time with --timeout, or switch it off with 'lodge stop --force {guest}'.",
  },
  "guest.not_held": {
    status: 503,
    message: "Guest '{guest}' is highly available and does not start here: {reason}.",
    hint: "It starts by itself where its host is back in the cluster, or on another one. Without the cluster: 'lodge set {guest} --ha off'.",
  },
  "guest.ha_impossible": {
    status: 409,
    message: "Guest '{guest}' cannot be highly available: {reason}.",
    hint: "What would help: {fix}.",
  },
  "guest.memory_unavailable": {
    status: 507,
    message: "Guest '{guest}' needs {needed} of memory, and {available} can be given.",
    hint: "Stop or suspend other guests, or choose a smaller --memory.",
  },
  "guest.disk_missing": {
    status: 409,
    message: "The disk file {path} of guest '{guest}' is missing.",
    hint: "Put the file back, or remove the guest with 'lodge rm {guest}'.",
  },
  "guest.disk_corrupt": {
    status: 409,
    message: "The disk {path} of guest '{guest}' cannot be used: {reason}.",
    hint: "Check it with 'qemu-img check', or restore it from a copy.",
  },
  "guest.disk_full": {
    status: 507,
    message: "There is not enough disk space at {path}: {needed} needed, {available} free.",
    hint: "Free some space, for example with 'lodge image rm' or 'lodge rm'.",
  },
  "guest.no_space": {
    status: 507,
    message:
      "Guest '{guest}' stands still: no space is left on the disk that holds {path}, which it writes to.",
    hint: "Free some space, for example with 'lodge image rm' or 'lodge rm', then go on with 'lodge resume {guest}'. Nothing that it wrote is lost.",
  },
  "guest.disk_failed": {
    status: 500,
    message: "Guest '{guest}' stands still: {path}, which it writes to, cannot be written.",
    hint: "See what the host's kernel says of it ('dmesg'), or whether a quota is used up; then go on with 'lodge resume {guest}'.",
  },
  "guest.tpm_fork": {
    status: 409,
    message: "Guest '{guest}' has a TPM; a branch would hold a copy of its secrets.",
    hint: "If that is what you want, say so with --allow-tpm.",
  },
  "guest.tpm_gone": {
    status: 502,
    message: "The TPM of guest '{guest}' has ended, without which the guest's state cannot be saved.",
    hint: "'lodge restart {guest}' brings it back, with what it keeps.",
  },
  "guest.not_forkable": {
    status: 409,
    message: "Guest '{guest}' cannot be forked: {reason}.",
    hint: "Create a new guest from its image with 'lodge run' instead.",
  },
  "guest.disk_shrink": {
    status: 422,
    message: "A disk of {size} is smaller than the image's {minimum}.",
    hint: "Choose --disk {minimum} or more.",
  },
  "guest.too_many": {
    status: 422,
    message: "At most {limit} guests can be made at once; {count} were asked for.",
    hint: "Make them in several calls.",
  },
} as const satisfies Record<string, CatalogueEntry>;
