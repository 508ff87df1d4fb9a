/** The cluster as a daemon offers it. */
import { hostname } from "node:os";
import type { ReserveCheck } from "#contract/schema/placement";
import type { Log } from "#base/log";
import type { OperationEngine } from "#durable/operation/engine";
import type { OperationRegistry } from "#durable/operation/define";
import type { EtcdStore } from "#durable/store/etcd";
import type { Store } from "#durable/store/store";
import { Cluster } from "#domain/cluster/cluster";
import { defineInit, type CrossingOperationParts } from "#domain/cluster/init";
import { defineJoin } from "#domain/cluster/join";
import { defineLeave } from "#domain/cluster/leave";
import type { ClusterFile } from "#domain/cluster/cluster-file";
import { keepPlace } from "./keep-place.ts";
import { openCluster } from "./open-cluster.ts";
import type { Membership } from "./membership.ts";

export interface ClusterServiceParts extends Omit<CrossingOperationParts, "openCluster"> {
  /** This host's own. */
  readonly store: Store;
  readonly engine: OperationEngine;
  readonly registry: OperationRegistry;
  readonly tag: string;
  readonly startedAt: number;
  readonly log: Log;
  /** Whether what is kept in reserve would do; undefined: nothing is. */
  readonly reserve: () => Promise<ReserveCheck | undefined>;
  /** How many guests a host has. */
  readonly guestsOn: (host: string) => Promise<number>;
  /** Undefined: this host stands alone. */
  readonly member:
    | { readonly file: ClusterFile; readonly all: EtcdStore; readonly membership: Membership }
    | undefined;
}

export interface ClusterService {
  readonly cluster: Cluster;
  /** From when on other hosts reach this one. */
  open(): void;
  close(): Promise<void>;
}

/** To be called before the engine recovers. */
export function clusterService(parts: ClusterServiceParts): ClusterService {
  const { home, clock, registry, member } = parts;
  const crossing: CrossingOperationParts = {
    ...parts,
    openCluster: async (file) => (await openCluster(home, file, clock)).store,
  };
  const init = defineInit(crossing);
  const join = defineJoin(crossing);
  const { all, membership, file } = member ?? {};
  const inside = all && membership && { ...crossing, all, members: membership.members };
  const leave = defineLeave(inside, { home });
  registry.add(init, join, leave);
  const shared = { ...crossing, ...parts, init, join, leave, hostname: hostname() };
  if (!inside || !membership || !file)
    return { cluster: new Cluster({ ...shared, own: undefined }), open() {}, close: async () => undefined };
  const { members, identity } = membership;
  const place = keepPlace({ ...parts, all: inside.all, file, members, identity });
  return { cluster: new Cluster({ ...shared, own: place.own }), open: place.open, close: place.close };
}
