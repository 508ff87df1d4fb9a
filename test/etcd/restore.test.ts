/** Does a cluster begin anew from a backup with one host, and is all as it was where it cannot? */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, it } from "node:test";
import { systemClock } from "#base/clock";
import { openEtcdStore } from "#durable/store/etcd";
import { put } from "#durable/store/update";
import { ClusterAuthority } from "#domain/cluster/authority";
import { readClusterFile, writeClusterFile, type ClusterFile } from "#domain/cluster/cluster-file";
import { clusterFolder, etcdUrls, keepEtcdPlan, planEtcd, removeEtcd } from "#domain/cluster/etcd-plan";
import { HostIdentity, identityFiles, newHost, replace } from "#domain/cluster/host-identity";
import { clusterKey } from "#domain/cluster/records";
import { restoreCluster } from "#domain/cluster/restore";
import { memberKey, type MemberRecord } from "#domain/member/record";
import { startEtcd, waitForEtcd } from "#hypervisor/etcd/server";

const home = mkdtempSync(join(tmpdir(), "lodge-restore-"));
const host = "h1111111111";
const address = "127.0.0.1:28470";
const file: ClusterFile = {
  cluster: "c1",
  host,
  name: "one",
  address,
  etcd: { endpoints: [etcdUrls(address).client, "https://127.0.0.1:28571"] },
};
const member = (id: string, joinedAt: number): MemberRecord => ({
  id,
  name: id,
  address,
  version: "1",
  wire: 1,
  voter: true,
  state: "active",
  joinedAt,
  certificates: [],
});

async function openCluster({ etcd }: ClusterFile) {
  const { ca, cert, key } = (await HostIdentity.open(clusterFolder(home), systemClock)).current();
  return openEtcdStore({ endpoints: etcd.endpoints.slice(0, 1), tls: { ca, cert, key }, name: host });
}
const parts = { home, clock: systemClock, openCluster };
const backup = join(home, "backup");

before(async () => {
  mkdirSync(join(home, "logs"));
  const authority = await ClusterAuthority.make("c1", systemClock);
  const { request, key } = await newHost(host, ["127.0.0.1"]);
  const cert = authority.sign(request).certificate;
  await HostIdentity.write(clusterFolder(home), systemClock, { ca: authority.certificate, cert, key });
  await replace(identityFiles(clusterFolder(home)).revoked, authority.revocationList([]), 0o644);
  await writeClusterFile(home, file);
  const members = [{ name: host, url: etcdUrls(address).peer }];
  const plan = planEtcd({ home, host, address, token: "before", members, state: "new" });
  await keepEtcdPlan(home, plan);
  await waitForEtcd(plan, await startEtcd(plan), { tls: { ca: authority.certificate, cert, key } });
  const store = await openCluster(file);
  await put(store, clusterKey, { id: "c1", since: 1, etcdToken: "before" });
  for (const [id, at] of [
    [host, 1],
    ["h2222222222", 2],
  ] as const)
    await put(store, memberKey(id), member(id, at));
  await store.backup(backup);
  await put(store, "projects/late", { name: "late" });
  await store.close();
});
after(async () => {
  await removeEtcd(home);
  rmSync(home, { recursive: true });
});

it("stays as it is where the file is no backup", async () => {
  const wrong = join(home, "wrong");
  writeFileSync(wrong, "nothing of the kind");
  await assert.rejects(restoreCluster(parts, wrong));
  const store = await openCluster(file);
  assert.ok(await store.get("projects/late"));
  await store.close();
});

it("has what the backup has, and this host alone keeps it", async () => {
  await restoreCluster(parts, backup);
  const restored = (await readClusterFile(home))!;
  assert.deepEqual(restored.etcd, { endpoints: [etcdUrls(address).client] });
  const store = await openCluster(restored);
  assert.equal(await store.get("projects/late"), undefined);
  const voters = await Promise.all(
    [host, "h2222222222"].map(async (id) => ((await store.get(memberKey(id)))!.value as MemberRecord).voter),
  );
  assert.deepEqual(voters, [true, undefined]);
  const { etcdToken } = (await store.get(clusterKey))!.value as { etcdToken: string };
  assert.notEqual(etcdToken, "before");
  await put(store, "projects/new", { name: "new" });
  await store.close();
});
