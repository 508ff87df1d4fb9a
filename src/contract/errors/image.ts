import type { CatalogueEntry } from "./entry.ts";

/** Errors about guest OS images and the recipes they are built from. */
export const imageErrors = {
  "image.not_found": {
    status: 404,
    message: "There is no image '{image}'.",
    hint: "'lodge image ls' shows the images; 'lodge image recipes' shows what can be built.",
  },
  "image.recipe_not_found": {
    status: 404,
    message: "There is no recipe '{recipe}'.",
    hint: "The recipes are: {recipes}.",
  },
  "image.recipe_invalid": {
    status: 422,
    message: "The recipe {recipe} is not valid: {reason}.",
    hint: "Correct it; docs/guides/images.md describes the fields.",
  },
  "image.name_taken": {
    status: 409,
    message: "An image named '{name}' already exists.",
    hint: "Choose another name with --name, or remove it with 'lodge image rm {name}'.",
  },
  "image.in_use": {
    status: 409,
    message: "Image '{image}' is used by {users}.",
    hint: "Remove those first.",
  },
  "image.file_missing": {
    status: 409,
    message: "The file {path} of image '{image}' is missing.",
    hint: "Put the file back, or remove the image with 'lodge image rm {image}' and make it again.",
  },
  "image.unreadable": {
    status: 422,
    message: "{path} cannot be read: {reason}.",
    hint: "Give the path of a file on the daemon's host that the daemon may read.",
  },
  "image.unknown_format": {
    status: 422,
    message: "{path} is not a disk image that Lodge knows.",
    hint: "qcow2, raw with a partition table, vmdk, vhd, vhdx, vdi and ISO are known.",
  },
  "image.unsafe": {
    status: 422,
    message: "{path} is refused: {reason}.",
    hint: "An image must be one self-contained file: flatten it with 'qemu-img convert' first.",
  },
  "image.ova": {
    status: 422,
    message: "{path} makes no image: {reason}.",
    hint: "What helps: {fix}.",
  },
  "image.packed": {
    status: 422,
    message: "{path} is {what}, which Lodge does not unpack.",
    hint: "Unpack it first ({how}), and import the disk image that comes out of it.",
  },
  "image.too_large": {
    status: 422,
    message: "{path} says that it is a disk of more than {limit}.",
    hint: "Make the disk smaller with 'qemu-img resize --shrink', or partition it among several.",
  },
  "image.checksum": {
    status: 422,
    message: "{path} has {algorithm} {actual}, not {expected}.",
    hint: "Download it again, or correct the checksum.",
  },
  "image.copy_damaged": {
    status: 502,
    message: "What another host sends of image '{image}' is not what it says that it is.",
    hint: "Check that host's disk, and its memory. 'lodge image rm' removes the image there and here.",
  },
  "image.download": {
    status: 502,
    message: "{url} could not be downloaded: {reason}.",
    hint: "Check the address and the network, and try again.",
  },
  "image.build_failed": {
    status: 500,
    message: "Building image '{image}' failed: {reason}.",
    hint: "The detail below is the end of the build's log; the network or a package mirror is the usual cause.",
  },
} as const satisfies Record<string, CatalogueEntry>;
