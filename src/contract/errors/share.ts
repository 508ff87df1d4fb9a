import type { CatalogueEntry } from "./entry.ts";

/** Errors about folders of the host that guests share. */
export const shareErrors = {
  "share.not_found": {
    status: 404,
    message: "Guest '{guest}' has no shared folder '{share}'.",
    hint: "'lodge share ls {guest}' lists those that it has.",
  },
  "share.name_taken": {
    status: 409,
    message: "Guest '{guest}' has a shared folder '{share}' already, or one at that place.",
    hint: "Give this one another name with --name, and another place in the guest with --at.",
  },
  "share.too_many": {
    status: 422,
    message: "Guest '{guest}' has {limit} shared folders, and can have no more.",
    hint: "Take one away with 'lodge share rm', or share a folder that several lie in.",
  },
  "share.refused": {
    status: 422,
    message: "The folder {path} cannot be shared: {reason}.",
    hint: "{remedy}.",
  },
  "share.held": {
    status: 409,
    message: "Guest '{guest}' has the shared folder '{share}', and with one it cannot {wish}.",
    hint: "Stop it and take the folder away with 'lodge share rm {guest} {share}'; files can be copied with 'lodge cp' instead.",
  },
  "share.gone": {
    status: 502,
    message: "What serves the shared folder '{share}' of guest '{guest}' has ended: the guest waits for it.",
    hint: "'lodge restart --force {guest}' starts both anew.",
  },
  "share.not_mounted": {
    status: 502,
    message: "Guest '{guest}' could not mount its shared folder '{share}' at {place}: {reason}.",
    hint: "Its kernel needs virtiofs: 'lodge exec {guest} -- mount -t virtiofs {share} {place}' tries again and says why.",
  },
} as const satisfies Record<string, CatalogueEntry>;
