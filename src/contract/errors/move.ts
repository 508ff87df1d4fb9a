import type { CatalogueEntry } from "./entry.ts";

/** Errors of guests that go from one host to another. */
export const moveErrors = {
  "move.alone": {
    status: 409,
    message: "This host is alone: there is none that a guest could go to.",
    hint: "'lodge cluster init' makes it the first of a cluster, and 'lodge cluster join' on another host the second.",
  },
  "move.same_host": {
    status: 409,
    message: "Guest '{guest}' is on {host} already.",
    hint: "'lodge cluster ls' shows which other hosts there are.",
  },
  "move.blocked": {
    status: 409,
    message: "Guest '{guest}' cannot go to {host}: {reason}.",
    hint: "{fix} 'lodge move {guest} --check' names all that stands in the way.",
  },
  "move.no_post_copy": {
    status: 501,
    message:
      "Guest '{guest}' is not moved by post-copy: Lodge's guests may not have the kernel hold back their memory (userfaultfd).",
    hint: "Without --post-copy it is moved once all of its memory is there: 'lodge move {guest} --max-downtime 5000' lets it stand still for longer. Or 'lodge suspend {guest}', and move it at rest.",
  },
  "move.cut": {
    status: 503,
    message: "The connection to the other host was cut in the midst of a move.",
    hint: "The guest is where it was. 'lodge cluster status' shows which hosts answer; then move it again.",
  },
  "move.ended_there": {
    status: 502,
    message: "Guest '{guest}' did not get to {host}: its QEMU there ended.",
    hint: "The guest is where it was. 'lodge logs --daemon' on that host shows what happened there; 'lodge move {guest} --check' what stands in the way.",
  },
  "move.given_up": {
    status: 409,
    message: "The move of guest '{guest}' was given up by the other host.",
    hint: "The guest is where it was. 'lodge operation ls' on both hosts shows why.",
  },
} as const satisfies Record<string, CatalogueEntry>;
