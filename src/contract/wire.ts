/**
 * What the hosts of a cluster say to each other, and what their records may hold, has one number. A daemon speaks its own
 * and the one before, so that a cluster is upgraded host by host: each of its hosts speaks with each other at any moment.
 *
 * It is raised with the first change that the version before would misread. What such a change writes into shared records is
 * written only once all hosts speak it, and from then on no host goes back: domain/cluster/level.ts.
 *
 *   1    the first
 *   2    a witness has no vote where there are hosts enough (domain/cluster/choose-voters.ts)
 */
export const wire = 2;

/** The header in which either end of a call between hosts says what it speaks. */
export const wireHeader = "lodge-wire";

/** Do two that speak these work together? */
export const speakTogether = (own: number, other: number): boolean => Math.abs(own - other) <= 1;

/** What records may hold that all of them read. */
export const commonWire = (members: readonly { readonly wire: number }[], own: number): number =>
  Math.min(own, ...members.map((member) => member.wire));
