import type { CatalogueEntry } from "./entry.ts";

/** Errors about where guests go. */
export const placementErrors = {
  "placement.alone": {
    status: 409,
    message: "Labels and taints tell the hosts of a cluster apart, and this host is in none.",
    hint: "Guests have labels of their own: 'lodge set web --label tier=front'.",
  },
  "placement.not_here": {
    status: 409,
    message: "{host} cannot have {guest}: it {reason}.",
    hint: "{fix} 'lodge place --explain' shows which host could.",
  },
  "placement.reserved": {
    status: 507,
    message: "{subject} cannot run on {host}: its room is kept for {guests}.",
    hint: "Stop guests, add a host, or keep less in reserve with 'lodge placement set --reserve 0'. 'lodge placement reserve' shows what it is kept for.",
  },
  "placement.no_host": {
    status: 507,
    message: "No host can have {guest}: {reasons}.",
    hint: "{fix} 'lodge place --explain' with the same options shows what each host lacks.",
  },
} as const satisfies Record<string, CatalogueEntry>;
