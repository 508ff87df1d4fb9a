/**
 * Begins the cluster's etcd anew from a backup, with this host alone to keep it: for a majority that does not come back. What was
 * there is put aside until the new one answers, and put back where something fails.
 *
 * The other hosts find the new one as their daemons start again, and keep the state with it as they are chosen to.
 */
import { rename, rm } from "node:fs/promises";
import { LodgeError } from "#contract/errors";
import type { Clock } from "#base/clock";
import { newId } from "#base/ids";
import type { Store } from "#durable/store/store";
import { update } from "#durable/store/update";
import { startEtcd, stopEtcd, waitForEtcd } from "#hypervisor/etcd/server";
import { restoreEtcd } from "#hypervisor/etcd/snapshot";
import { listMembers, memberKey, type MemberRecord } from "../member/record.ts";
import { readClusterFile, writeClusterFile, type ClusterFile } from "./cluster-file.ts";
import {
  clusterFolder,
  etcdFolder,
  etcdUrls,
  keepEtcdPlan,
  planEtcd,
  readEtcdPlan,
  removeEtcd,
} from "./etcd-plan.ts";
import { HostIdentity } from "./host-identity.ts";
import { clusterKey, type ClusterRecord } from "./records.ts";

export interface RestoreParts {
  readonly home: string;
  readonly clock: Clock;
  readonly openCluster: (file: ClusterFile) => Promise<Store>;
}

/** @throws LodgeError cluster.alone, cluster.not_a_member: the backup does not know this host; host.command_failed: no backup */
export async function restoreCluster(parts: RestoreParts, backup: string): Promise<void> {
  const { home } = parts;
  const file = await readClusterFile(home);
  if (!file || file.etcd.external) throw new LodgeError("cluster.alone");
  const [before, aside] = [await readEtcdPlan(home), `${etcdFolder(home)}.before`];
  await stopEtcd(etcdFolder(home));
  await rm(aside, { recursive: true, force: true });
  if (before) await rename(etcdFolder(home), aside);
  try {
    await beginFrom(parts, file, backup);
  } catch (error) {
    await removeEtcd(home);
    if (before) {
      await rename(aside, etcdFolder(home));
      await keepEtcdPlan(home, before);
      await startEtcd(before);
    }
    throw error;
  }
  await rm(aside, { recursive: true, force: true });
}

async function beginFrom(parts: RestoreParts, file: ClusterFile, backup: string): Promise<void> {
  const { home, clock, openCluster } = parts;
  const { host, address } = file;
  const token = newId("e");
  const members = [{ name: host, url: etcdUrls(address).peer }];
  const plan = planEtcd({ home, host, address, token, members, state: "new" });
  await restoreEtcd(plan, backup);
  await keepEtcdPlan(home, plan);
  const { ca, cert, key } = (await HostIdentity.open(clusterFolder(home), clock)).current();
  await waitForEtcd(plan, await startEtcd(plan), { tls: { ca, cert, key }, clock });
  const next = { ...file, etcd: { endpoints: [etcdUrls(address).client] } };
  const store = await openCluster(next);
  try {
    await settle(store, host, token);
  } finally {
    await store.close();
  }
  await writeClusterFile(home, next);
}

/** This host alone keeps the state, whoever did when the backup was made. */
async function settle(store: Store, host: string, etcdToken: string): Promise<void> {
  const members = await listMembers(store);
  if (members.every(({ id }) => id !== host)) throw new LodgeError("cluster.not_a_member", { host });
  await update<ClusterRecord>(store, clusterKey, (cluster) => cluster && { ...cluster, etcdToken });
  for (const { id } of members)
    await update<MemberRecord>(store, memberKey(id), (member) => {
      if (!member) return undefined;
      const { voter: _voter, ...rest } = member;
      return id === host ? { ...rest, voter: true } : rest;
    });
}
