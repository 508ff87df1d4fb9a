import type { CatalogueEntry } from "./entry.ts";

/** Errors about the computer Lodge runs on. */
export const hostErrors = {
  "host.command_missing": {
    status: 500,
    message: "The program '{command}' is not installed on this host.",
    hint: "Install it with 'apt-get install {package}', or run 'npm start', which does.",
  },
  "host.no_id_range": {
    status: 500,
    message: "'{user}' has no range of user ids in /etc/subuid, out of which an image's files get theirs.",
    hint: "As root: 'usermod --add-subuids 100000-165535 --add-subgids 100000-165535 {user}'; or build as root.",
  },
  "host.cell_unavailable": {
    status: 500,
    message: "A guest's process cannot be shut into a cell on this host: {reason}.",
    hint: "'lodge doctor' names what is missing. For guests that you trust, 'lodged --without-cells' does without.",
  },
  "host.command_failed": {
    status: 500,
    message: "'{command}' failed ({status}).",
    hint: "The detail below is what it said.",
  },
  "host.command_timeout": {
    status: 504,
    message: "'{command}' did not end within {seconds} s and was stopped.",
    hint: "The host may be overloaded; try again.",
  },
  "host.no_space": {
    status: 507,
    message: "No space is left on the disk that holds {path}.",
    hint: "Free some space and try again; nothing was lost.",
  },
  "host.fence_gone": {
    status: 503,
    message:
      "No fence answers on this host: the process that ends highly available guests where it loses its cluster.",
    hint: "Until there is one no highly available guest starts here. What kept it from starting is in {log}.",
  },
  "host.file_untrusted": {
    status: 500,
    message: "What was to be read at {path} is not what a guest's process should have written there.",
    hint: "The guest's process may have been taken over: stop it, and look at 'lodge logs'.",
  },
  "host.permission": {
    status: 403,
    message: "Lodge may not {what}.",
    hint: "Run the daemon as root, or see 'lodge doctor' for what works without.",
  },
  "host.promised": {
    status: 507,
    message:
      "{subject} needs {needed} of the host's {resource}; {free} of {limit} can still be promised, and who has it is: {holders}.",
    hint: "Stop or remove some of these, or let the host promise more with 'lodge host set'; 'lodge host show' lists all.",
  },
  "host.qemu_failed": {
    status: 500,
    message: "QEMU refused '{command}'.",
    hint: "The detail below is what QEMU said; 'lodge doctor' checks QEMU's features.",
  },
  "host.qemu_gone": {
    status: 502,
    message: "The QEMU process of this guest is gone.",
    hint: "See 'lodge logs' for its last words.",
  },
} as const satisfies Record<string, CatalogueEntry>;
