import type { CatalogueEntry } from "./entry.ts";

/** Errors about a guest's disks. */
export const diskErrors = {
  "disk.not_found": {
    status: 404,
    message: "Guest '{guest}' has no disk '{disk}'.",
    hint: "'lodge disk ls {guest}' lists its disks.",
  },
  "disk.no_place": {
    status: 422,
    message: "There is no place for one more disk on {bus}: {reason}.",
    hint: "Put it on virtio-scsi, or remove another with 'lodge disk rm'.",
  },
  "disk.not_live": {
    status: 409,
    message: "Guest '{guest}' runs, and {reason}.",
    hint: "Stop it first with 'lodge stop {guest}'. Disks on virtio-scsi come and go while a guest runs.",
  },
  "disk.boots": {
    status: 409,
    message: "Disk '{disk}' is the one that guest '{guest}' was made with, and stays.",
    hint: "Remove the guest with 'lodge rm {guest}', or another of its disks.",
  },
  "disk.shrink": {
    status: 422,
    message: "Disk '{disk}' of guest '{guest}' has {size}, and a disk only grows.",
    hint: "Choose more than it has, or copy what is on it to a smaller one.",
  },
} as const satisfies Record<string, CatalogueEntry>;
