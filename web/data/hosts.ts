/** The hosts of the cluster, as pages show them. */
import type { Schemas } from "#contract/schemas";
import { useRead, type Read } from "./query.ts";

export type HostState = "answers" | "away" | "unknown" | "draining" | "drained";

type ClusterHost = Schemas["ClusterHost"];

export const hostState = ({ answers, knownAt, state, guests }: ClusterHost): HostState => {
  if (knownAt !== undefined) return "unknown";
  if (!answers) return "away";
  if (state === "active") return "answers";
  return guests > 0 ? "draining" : "drained";
};

/** None: the host is alone. */
export const useHosts = (): Read<"clusterHosts"> => useRead("clusterHosts");
