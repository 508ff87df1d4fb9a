import type { CatalogueEntry } from "./entry.ts";

/** Errors of guests that go to hosts which are not in the same cluster, as either of the two sees it. */
export const visitErrors = {
  "visit.token_malformed": {
    status: 400,
    message: "This is no token of a host that takes a guest.",
    hint: "Copy all of what 'lodge arrival token' printed on the host that the guest is to go to.",
  },
  "visit.token_invalid": {
    status: 403,
    message: "The token does not count on {host}: it has run out, was used up, or another host has shown it.",
    hint: "'lodge arrival token' on that host prints another.",
  },
  "visit.another_host": {
    status: 502,
    message: "What answers at {address} is not the host that made the token.",
    hint: "Somebody may be in between, or another host has that address now. 'lodge arrival token' on the host that is meant prints one that is good.",
  },
  "visit.unreachable": {
    status: 503,
    message: "The host {host} at {address} does not answer: {reason}.",
    hint: "This host has to reach that address and port over the network, and the daemon there has to run. 'lodge arrival token' there takes another of its addresses with --address.",
  },
  "visit.not_allowed": {
    status: 403,
    message: "Whoever brings a guest may do nothing else here.",
    hint: "Ask at the address of the web interface, or with 'lodge' on the host itself.",
  },
  "visit.other_version": {
    status: 409,
    message: "The other host speaks version {theirs} of what hosts say to each other, and this one {own}.",
    hint: "Two adjacent versions work together: upgrade the older of the two.",
  },
  "visit.unsound": {
    status: 400,
    message: "What the other host says of its guest is not what a host of Lodge says: {what}.",
    hint: "Use 'lodge move' of the same version on both. If somebody else's host was let in, take its token back by letting it run out.",
  },
  "visit.under_way": {
    status: 409,
    message: "A guest is on its way by this token already.",
    hint: "'lodge arrival token' on the host that is to have this guest too prints another token: each is for one guest.",
  },
  "visit.live": {
    status: 409,
    message: "Guest '{guest}' runs, and goes to a host outside its cluster only at rest.",
    hint: "'lodge suspend {guest}' keeps what it has in memory and takes it along, 'lodge stop {guest}' does not. Then move it again.",
  },
  "visit.changed": {
    status: 409,
    message: "Guest '{guest}' was changed while it was on its way.",
    hint: "The guest is where it was, as it was changed. Move it again.",
  },
  "visit.not_waiting": {
    status: 409,
    message: "The arrival {arrival} does not wait for its source's word: it is {state}.",
    hint: "Only one that is 'waiting' can be settled by hand. 'lodge arrival ls' shows which are.",
  },
} as const satisfies Record<string, CatalogueEntry>;
