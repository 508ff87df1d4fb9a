import type { CatalogueEntry } from "./entry.ts";

/** Errors of the desktops that people have. */
export const desktopErrors = {
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
    message: "This desktop is on host {host}, which has not answered since {since}.",
    hint: "All of it is kept, and it goes on once that host is back; 'lodge cluster ls' says how that stands.",
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
  "desktop.home_stays": {
    status: 409,
    message: "The home of {user} stays on host {host}: {reason}.",
    hint: "Have desktops of this pool there, or remove the clone or snapshot; homes in a pool that hosts share go with their users.",
  },
  "desktop.taken_over": {
    status: 409,
    message: "The desktop was opened elsewhere.",
    hint: "Open it here again to take it over, or share it where its pool allows that.",
  },
  "desktop.idle": {
    status: 409,
    message: "Nobody pressed a key or a button for so long that {pool} was disconnected.",
    hint: "Open it again: it goes on where it was left.",
  },
  "desktop.ended": {
    status: 410,
    message: "The desktop was ended.",
    hint: "Open it again to get another one.",
  },
  "desktop.somebodys": {
    status: 409,
    message: "Guest {guest} is somebody's desktop, which is looked at with his consent.",
    hint: "Ask to look on with 'POST /v1/desktops/DESKTOP/shadow', or on the page Help desk; 'lodge desktop ls' lists them.",
  },
  "desktop.private": {
    status: 403,
    message: "Guest {guest} is somebody's desktop: only an admin who says why may {what}.",
    hint: "Say why on the guest's page, with '--reason TEXT', or by 'reason' in the query: it is in the audit log, and the desktop's user is told.",
  },
  "desktop.waiting": {
    status: 409,
    message: "Guest {guest} waits for whoever asks for a desktop next: nobody gets into it before him.",
    hint: "Look into a guest of your own with the same image: 'lodge run IMAGE'.",
  },
  "desktop.not_recorded": {
    status: 503,
    message: "This desktop has to be recorded, and cannot be: {reason}.",
    hint: "An admin makes room for recordings, or has the pool record nothing with 'lodge desktop-pool set POOL --record off'.",
  },
  "desktop.shadow_ended": {
    status: 409,
    message: "The desktop's user does not want to be looked at any more, or his desktop has ended.",
    hint: "Ask again where it is needed: 'POST /v1/desktops/DESKTOP/shadow' waits for his consent.",
  },
  "desktop.file": {
    status: 409,
    message: "{file} cannot be had from the desktop: {reason}.",
    hint: "Only what lies in the downloads of the desktop's user can be fetched; folders go as an archive that is made there.",
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
