/** Where this host's records are: in its own SQLite file or, where it is in a cluster, in the cluster's etcd. */
import { LodgeError } from "#contract/errors";
import type { HomePaths } from "#base/home";
import type { Log } from "#base/log";
import { HostStore } from "#durable/store/host-store";
import { NearStore } from "#durable/store/near-store";
import { openSqliteStore } from "#durable/store/sqlite";
import type { Store } from "#durable/store/store";
import { readClusterFile, type ClusterFile } from "#domain/cluster/cluster-file";
import { incarnationKey } from "#domain/cluster/incarnation";
import { keptNear } from "./kept-near.ts";

export interface State {
  /** All there is: also other hosts'. */
  readonly all: Store;
  /** What is this host's, and what all share. */
  readonly store: Store;
  /** Undefined: the host stands alone. */
  readonly member?: ClusterFile;
}

/** Opens the cluster's store. */
export type OpenCluster = (member: ClusterFile) => Promise<Store>;

export interface StateParts {
  readonly paths: HomePaths;
  readonly openCluster: OpenCluster;
  /** Called when this host is found to be none of the cluster's any more, or its guests to be others'. */
  readonly onFenced: () => void;
  readonly log: Log;
}

/** @throws LodgeError store.unavailable, store.newer, store.membership, store.fenced where it was removed, cluster.witness */
export async function openState({ paths, openCluster, onFenced, log }: StateParts): Promise<State> {
  const member = await readClusterFile(paths.home);
  if (!member) {
    const store = await openSqliteStore(paths.store);
    return { all: store, store };
  }
  if (member.witness) throw new LodgeError("cluster.witness");
  const all = await openCluster(member);
  const key = incarnationKey(member.host);
  const item = await all.get(key);
  if (!item) {
    await all.close();
    throw new LodgeError("store.fenced");
  }
  const incarnation = { key, revision: item.revision };
  const near = await openNear(all, member.host, log);
  return {
    all: near,
    store: new HostStore({ store: near, host: member.host, incarnation, onFenced }),
    member,
  };
}

async function openNear(all: Store, host: string, log: Log): Promise<Store> {
  try {
    return await NearStore.open(all, { kept: keptNear(host), log });
  } catch (error) {
    await all.close();
    throw error;
  }
}
