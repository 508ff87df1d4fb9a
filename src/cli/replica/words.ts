/** What is said of a guest's replica. */
import type { Schemas } from "#contract/schemas";
import { formatAge, formatSize } from "../values.ts";

type Replica = Schemas["Replica"];

/** How far it is behind, for people: nothing where it is in sync. */
export function lagWords({ state, since, syncedAt, behind }: Replica, now: number): string {
  if (state === "in-sync") return "none";
  const bytes = behind === undefined ? "" : `, ${formatSize(behind)} to copy`;
  return syncedAt === undefined
    ? `never whole${bytes}`
    : `${formatAge(state === "behind" ? since : syncedAt, now)}${bytes}`;
}

export function replicaWords(replica: Replica, now: number): string {
  const { host, state, since, reason } = replica;
  const because = reason === undefined ? "" : `: ${reason}`;
  const lag = state === "in-sync" ? "" : `; it has what was written until ${replica.syncedAt ?? "never"}`;
  return `on ${host}, ${state} for ${formatAge(since, now)}${because}${lag}`;
}
