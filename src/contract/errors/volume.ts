import type { CatalogueEntry } from "./entry.ts";

/** Errors about volumes. */
export const volumeErrors = {
  "volume.not_found": {
    status: 404,
    message: "There is no volume '{volume}'.",
    hint: "'lodge volume ls' lists the volumes.",
  },
  "volume.name_taken": {
    status: 409,
    message: "A volume named '{name}' already exists.",
    hint: "Choose another name; 'lodge volume ls' shows those that are taken.",
  },
  "volume.attached": {
    status: 409,
    message: "Volume '{volume}' is disk '{disk}' of guest '{guest}'.",
    hint: "'lodge volume detach {volume}' takes it out; what is on it stays.",
  },
  "volume.not_attached": {
    status: 409,
    message: "Volume '{volume}' is in no guest.",
    hint: "'lodge volume ls' says which volume is where.",
  },
  "volume.own": {
    status: 409,
    message: "'{volume}' is a disk that was made with its guest, and goes with it.",
    hint: "'lodge disk rm' removes a disk and what is on it; 'lodge volume clone' makes a volume of it.",
  },
  "volume.home": {
    status: 409,
    message: "Volume '{volume}' is somebody's home on desktops.",
    hint: "It goes where his desktop is; 'lodge volume clone {volume}' copies it, and 'lodge volume rm' removes one that no desktop has.",
  },
  "volume.busy": {
    status: 409,
    message: "Something is under way with volume '{volume}' already.",
    hint: "'lodge operation wait {operation}' waits for it.",
  },
  "volume.in_use": {
    status: 409,
    message: "Guest '{guest}' did not let go of disk '{disk}' within {seconds} s: {reason}.",
    hint: "Unmount it in the guest and try again; nothing was changed. --force takes it out without asking.",
  },
  "volume.shrink": {
    status: 422,
    message: "Volume '{volume}' has {size}, and a volume only grows.",
    hint: "Choose more than it has, or copy what is on it to a smaller one.",
  },
  "volume.other_project": {
    status: 422,
    message: "Guest '{guest}' is in project '{theirs}', and volume '{volume}' in '{project}'.",
    hint: "Use a volume of the guest's project.",
  },
  "volume.encrypted": {
    status: 409,
    message: "'{volume}' is encrypted, and {wish}.",
    hint: "{remedy}.",
  },
  "volume.key_missing": {
    status: 500,
    message: "'{volume}' is encrypted, and its key is not in the store.",
    hint: "Put the store back from a backup that has it; without the key nobody reads what is on it.",
  },
  "volume.same_pool": {
    status: 409,
    message: "Volume '{volume}' is in pool '{pool}' already.",
    hint: "'lodge pool ls' lists the pools.",
  },
} as const satisfies Record<string, CatalogueEntry>;
