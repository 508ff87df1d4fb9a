import type { CatalogueEntry } from "./entry.ts";

/** Errors about files on their way here. */
export const uploadErrors = {
  "upload.not_found": {
    status: 404,
    message: "There is no upload '{upload}'.",
    hint: "'lodge upload ls' lists those that are open; one that nobody goes on with is removed after a day.",
  },
  "upload.too_many": {
    status: 409,
    message: "{count} uploads are open, which is the most {whose}.",
    hint: "Finish one, or give one up: 'lodge upload ls' lists them, 'lodge upload rm' removes them.",
  },
  "upload.no_space": {
    status: 507,
    message: "The disk that takes uploads lacks {missing} for this file of {size}.",
    hint: "Free that much on the daemon's host, or give other uploads up; what has arrived is kept.",
  },
  "upload.metadata": {
    status: 400,
    message: "The header {header} {reason}.",
    hint: "Send it as tus 1.0 has it, with the file's name as 'filename' in Upload-Metadata.",
  },
  "upload.version": {
    status: 412,
    message: "This server does not speak version {version} of tus.",
    hint: "Send the header 'Tus-Resumable: 1.0.0', or leave it out for answers in JSON.",
  },
  "upload.not_bytes": {
    status: 415,
    message: "The body is not a piece of a file.",
    hint: "Send it with 'Content-Type: application/offset+octet-stream' and the header Upload-Offset.",
  },
  "upload.offset": {
    status: 409,
    message: "The upload '{upload}' stands at byte {offset}, not at {given}.",
    hint: "Go on from there.",
  },
  "upload.too_much": {
    status: 413,
    message: "More was sent than the {size} bytes that the upload '{upload}' has.",
    hint: "The file may have grown: begin a new upload with the size that it has now.",
  },
  "upload.checksum": {
    status: 460,
    message: "A piece of the upload '{upload}' did not arrive as it was sent.",
    hint: "Send it again from the same place; nothing of it was kept.",
  },
  "upload.taken_over": {
    status: 409,
    message: "Another sender goes on with the upload '{upload}'.",
    hint: "Let only one of them send it; where the other one is gone, go on here.",
  },
  "upload.incomplete": {
    status: 409,
    message: "{offset} of {size} bytes of the upload '{upload}' are there.",
    hint: "Send the rest first.",
  },
  "upload.importing": {
    status: 409,
    message: "The upload '{upload}' is being made an image.",
    hint: "Wait until that has ended, or cancel it: 'lodge operation ls' lists it.",
  },
  "upload.file_changed": {
    status: 409,
    message: "{file} cannot be read any more.",
    hint: "It was changed, moved or removed since it was chosen: choose it again.",
  },
  "upload.interrupted": {
    status: 409,
    message: "{offset} of {size} bytes of {file} are there; the rest was not sent.",
    hint: "Type the same command again: it goes on from there, within a day.",
  },
} as const satisfies Record<string, CatalogueEntry>;
