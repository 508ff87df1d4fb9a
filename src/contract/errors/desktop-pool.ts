import type { CatalogueEntry } from "./entry.ts";

/** Errors of desktop pools. */
export const desktopPoolErrors = {
  "desktop_pool.not_found": {
    status: 404,
    message: "There is no desktop pool {pool}.",
    hint: "'lodge desktop-pool ls' lists them; people see those that they may use at /desktops.",
  },
  "desktop_pool.name_taken": {
    status: 409,
    message: "There is a desktop pool {name} already.",
    hint: "Choose another name, or change that one with 'lodge desktop-pool set {name}'.",
  },
  "desktop_pool.source": {
    status: 400,
    message: "A desktop pool is made of an image or of a guest, and of one of them alone.",
    hint: "Give --image IMAGE, such as debian-13-xfce, or --guest GUEST.",
  },
  "desktop_pool.of_a_desktop": {
    status: 409,
    message: "Guest {guest} is itself a desktop of a pool, and not handed on to others.",
    hint: "An admin who says why can copy it with 'lodge fork {guest} --reason TEXT', and give that to the pool.",
  },
  "desktop_pool.not_a_desktop": {
    status: 400,
    message: "{image} shows no desktop that Lodge could tell to be ready.",
    hint: "Build one with 'lodge image build debian-13-xfce', or see what an image needs in the guide to desktops.",
  },
  "desktop_pool.monitors": {
    status: 400,
    message: "Guest '{guest}' has room for {room} monitors, and so have its branches.",
    hint: "Make the pool of a guest that was made by 'lodge run --monitors 2', or of an image.",
  },
  "desktop_pool.home_size": {
    status: 400,
    message: "Homes are of pools that keep them, and can grow but not shrink.",
    hint: "Give --keeps home with the pool, and a size that is larger than {size}.",
  },
  "desktop_pool.hours": {
    status: 400,
    message: "These hours cannot be kept: {reason}.",
    hint: "Give days, a time of day from which and another up to which, and a time zone such as Europe/Berlin.",
  },
  "desktop_pool.in_use": {
    status: 409,
    message: "{count} people have a desktop of the pool {pool}.",
    hint: "Wait until they have signed off, or remove it with --force: what is not kept of their desktops is lost.",
  },
  "desktop_pool.closed": {
    status: 403,
    message: "Desktops of {pool} can be had again from {opens}.",
    hint: "Come back then, or ask whoever looks after the pool to change its hours.",
  },
  "desktop_pool.full": {
    status: 409,
    message: "All {most} desktops of {pool} are taken.",
    hint: "Try again when somebody has signed off, or have an admin raise it with 'lodge desktop-pool set {pool} --most N'.",
  },
} as const satisfies Record<string, CatalogueEntry>;
