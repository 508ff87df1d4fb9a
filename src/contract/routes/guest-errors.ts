/** What every request about a guest may be answered. */
export const guestErrors = ["guest.not_found", "guest.wrong_state", "guest.busy"] as const;

/** What every request about a guest's move may be answered. */
export const moveErrors = [
  "move.alone",
  "move.same_host",
  "move.no_post_copy",
  "placement.no_host",
  "cluster.host_not_found",
  "cluster.host_unreachable",
] as const;

/** What every request about a guest's move to a host outside its cluster may be answered besides. */
export const visitErrors = [
  "visit.token_malformed",
  "visit.token_invalid",
  "visit.another_host",
  "visit.unreachable",
  "visit.other_version",
  "visit.live",
] as const;
