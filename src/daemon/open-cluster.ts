/** Opens the store of the cluster that this host is in, as the host that its certificate says it is. */
import { isForgotten } from "#client/forgotten";
import { LodgeError } from "#contract/errors";
import type { Clock } from "#base/clock";
import { openEtcdStore, type EtcdStore } from "#durable/store/etcd";
import type { ClusterFile } from "#domain/cluster/cluster-file";
import { clusterFolder, doorOf, readEtcdPlan } from "#domain/cluster/etcd-plan";
import { externalTlsFile, faultOf, readExternalTls } from "#domain/cluster/external-etcd";
import { startEtcd } from "#hypervisor/etcd/server";
import { HostIdentity } from "#domain/cluster/host-identity";

export interface OpenedCluster {
  readonly store: EtcdStore;
  readonly identity: HostIdentity;
}

/** @throws LodgeError cluster.identity_unusable, store.unavailable, store.fenced where this host was taken out */
export async function openCluster(
  home: string,
  member: Pick<ClusterFile, "host" | "etcd">,
  clock: Clock,
): Promise<OpenedCluster> {
  const identity = await HostIdentity.open(clusterFolder(home), clock);
  const { endpoints, external } = member.etcd;
  // An etcd of the user's has an authority of his, or none.
  const tls = external ? await readExternalTls(home) : identity.current();
  try {
    return {
      store: await openEtcdStore({ endpoints, ...(tls ? { tls } : {}), name: member.host }),
      identity,
    };
  } catch (error) {
    const fault = external && tls && faultOf(tls, clock.now());
    if (fault !== undefined) throw storeOf(endpoints, `${fault} (${externalTlsFile(home)})`, error);
    const others = external ? [] : endpoints.map(doorOf);
    if (await isForgotten(others, identity.current()))
      throw new LodgeError("store.fenced", {}, { cause: error });
    throw error;
  }
}

const storeOf = (endpoints: readonly string[], reason: string, cause: unknown): LodgeError =>
  new LodgeError("store.unavailable", { path: `etcd (${endpoints.join(", ")})`, reason }, { cause });

/** Starts this host's own etcd, where it has one: after a reboot of the host nothing else does. */
export async function beginEtcd(home: string): Promise<void> {
  const plan = await readEtcdPlan(home);
  if (plan) await startEtcd(plan);
}
