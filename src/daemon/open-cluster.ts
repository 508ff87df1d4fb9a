/** Opens the store of the cluster that this host is in, as the host that its certificate says it is. */
import { join } from "node:path";
import type { Clock } from "#base/clock";
import { openEtcdStore, type EtcdStore } from "#durable/store/etcd";
import type { ClusterFile } from "#domain/cluster/cluster-file";
import { HostIdentity } from "#domain/cluster/host-identity";

/** Where a member's certificate is, and its etcd's data where it has some. */
export const clusterFolder = (home: string): string => join(home, "cluster");

export interface OpenedCluster {
  readonly store: EtcdStore;
  readonly identity: HostIdentity;
}

/** @throws LodgeError cluster.identity_unusable, store.unavailable */
export async function openCluster(
  home: string,
  member: Pick<ClusterFile, "host" | "etcd">,
  clock: Clock,
): Promise<OpenedCluster> {
  const identity = await HostIdentity.open(clusterFolder(home), clock);
  const { endpoints, external } = member.etcd;
  const { ca, cert, key } = identity.current();
  // An etcd of the user's has an authority of his: how it is reached is in its addresses alone.
  const tls = external ? {} : { tls: { ca, cert, key } };
  return { store: await openEtcdStore({ endpoints, ...tls, name: member.host }), identity };
}
