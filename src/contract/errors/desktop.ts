import type { CatalogueEntry } from "./entry.ts";

/** Errors of desktop pools, and of the desktops that people have of them. */
export const desktopErrors = {
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
  "desktop_pool.not_a_desktop": {
    status: 400,
    message: "{image} shows no desktop that Lodge could tell to be ready.",
    hint: "Build one with 'lodge image build debian-13-xfce', or see what an image needs in the guide to desktops.",
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
  "desktop.not_found": {
    status: 404,
    message: "There is no desktop {desktop}.",
    hint: "It was ended, or never was; 'lodge desktop ls' lists those that people have.",
  },
  "desktop.not_allowed": {
    status: 403,
    message: "The pool {pool} does not allow this: {what}.",
    hint: "Whoever looks after the pool can change its policy with 'lodge desktop-pool set {pool}'.",
  },
  "desktop.not_ready": {
    status: 409,
    message: "The desktop is not ready: {reason}.",
    hint: "Connect to it again in a moment; /desktops shows how far it is.",
  },
  "desktop.lost": {
    status: 503,
    message: "The host of this desktop does not answer.",
    hint: "It comes back with its host. Where nothing of it is kept, sign off to get another one.",
  },
  "desktop.home_held": {
    status: 409,
    message: "The home of {user} is still held by another desktop.",
    hint: "It is let go of as soon as that one has ended for certain; sign off there, or wait for its host.",
  },
  "desktop.home_away": {
    status: 503,
    message: "The home of {user} lies on host {host}, which does not answer.",
    hint: "It comes back with the host. Homes in a storage pool that hosts share are not bound to one.",
  },
  "desktop.taken_over": {
    status: 409,
    message: "The desktop was opened elsewhere.",
    hint: "Open it here again to take it over, or share it where its pool allows that.",
  },
  "desktop.idle": {
    status: 409,
    message: "Nobody pressed a key or a button for so long that the desktop was disconnected.",
    hint: "Open it again: it goes on where it was left.",
  },
  "desktop.ended": {
    status: 410,
    message: "The desktop was ended.",
    hint: "Open it again to get another one.",
  },
  "desktop.refused": {
    status: 403,
    message: "{user} did not consent to be looked at.",
    hint: "Ask by telephone or message first, then again.",
  },
  "desktop.nobody_there": {
    status: 409,
    message: "Nobody has this desktop open who could consent.",
    hint: "Try again when its user is connected.",
  },
} as const satisfies Record<string, CatalogueEntry>;
