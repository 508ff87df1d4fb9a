/**
 * `fill-cluster.ts HOME COUNT HOST…`, on a host of a cluster: writes so many guests that rest into its store, each of the hosts'
 * (ids) as many as the others.
 */
import { join } from "node:path";
import { homePaths } from "#base/home";
import { systemClock } from "#base/clock";
import { readClusterFile } from "#domain/cluster/cluster-file";
import { clusterFolder } from "#domain/cluster/etcd-plan";
import { HostIdentity } from "#domain/cluster/host-identity";
import { guestPrefix, type GuestRecord } from "#domain/guest/record";
import { openEtcdStore } from "#durable/store/etcd";
import { placeOf } from "#durable/store/partition";
import { loadSealKey } from "#durable/store/seal";
import { maxOperations, type Put } from "#durable/store/store";
import { guestRecords, withSecrets } from "../test/fakes/guest-records.ts";

const [home = "", count = "0", ...hosts] = process.argv.slice(2);
const { etcd } = (await readClusterFile(home))!;
const { ca, cert, key } = (await HostIdentity.open(clusterFolder(home), systemClock)).current();
const seal = await loadSealKey(join(homePaths(home).home, "secret.key"));
const store = await openEtcdStore({ endpoints: etcd.endpoints, tls: { ca, cert, key } });
const slight = (guest: GuestRecord): GuestRecord => ({
  ...guest,
  disks: guest.disks.map((disk) => ({ ...disk, size: 2 ** 20 })),
});
let put: Put[] = [];
let at = 0;
const write = async () => {
  if (put.length > 0) await store.transact({ put });
  put = [];
};
for (const record of guestRecords(Number(count))) {
  const { key: own, value } = withSecrets(record, seal);
  // A guest and its name come one after the other.
  const host = hosts[Math.floor(at++ / 2) % hosts.length]!;
  // Their disks are as good as nothing: it is no matter here what the hosts may promise.
  put.push({
    key: placeOf(host, own),
    value: own.startsWith(guestPrefix) ? slight(value as GuestRecord) : value,
  });
  if (put.length === maxOperations) await write();
}
await write();
await store.close();
