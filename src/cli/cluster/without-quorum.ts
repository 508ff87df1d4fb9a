/** What lists of a cluster say of themselves while it has no quorum. */
import type { Schemas } from "#contract/schemas";

type Host = Pick<Schemas["ClusterHost"], "knownAt">;

export const timeOfDay = (at: string): string => new Date(at).toTimeString().slice(0, 8);

/** Undefined: there is a quorum. */
export function withoutQuorum(hosts: readonly Host[]): string | undefined {
  const at = hosts.find(({ knownAt }) => knownAt !== undefined)?.knownAt;
  if (at === undefined) return undefined;
  return `The cluster has no quorum: other hosts are shown as known at ${timeOfDay(at)}. 'lodge cluster status' says what to do.`;
}
