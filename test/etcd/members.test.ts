/** Does an etcd grow from one host to three and back, under mutual TLS, without a change being lost? */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { systemClock } from "#base/clock";
import type { EtcdTls } from "#base/etcd-connection";
import { newId } from "#base/ids";
import { hasCode } from "#contract/errors";
import { ClusterAuthority } from "#domain/cluster/authority";
import { HostIdentity, identityFiles, newHost } from "#domain/cluster/host-identity";
import { openEtcdStore, type EtcdStore } from "#durable/store/etcd";
import { put } from "#durable/store/update";
import { addLearner, listMembers, peersWith, promoteLearner, removeMember } from "#hypervisor/etcd/members";
import { clientUrl, type EtcdPlan, peerUrl } from "#hypervisor/etcd/plan";
import { findEtcd, startEtcd, stopEtcd, waitForEtcd } from "#hypervisor/etcd/server";
import { etcdStatus } from "#hypervisor/etcd/status";
import { defragment, makeRoom, moveLeader, saveSnapshot } from "#hypervisor/etcd/upkeep";
import { TestMembers } from "./members.ts";

let authority: ClusterAuthority;
let hosts: TestMembers;
let store: EtcdStore;
const tls: EtcdTls[] = [];
before(async () => {
  authority = await ClusterAuthority.make("c1", systemClock);
  hosts = await TestMembers.prepare(3, {
    files: async (folder, address) => {
      const { request, key } = await newHost(newId("h"), [address]);
      const identity = { ca: authority.certificate, cert: authority.sign(request).certificate, key };
      await HostIdentity.write(folder, systemClock, identity);
      tls.push(identity);
      const { ca, host, revoked } = identityFiles(folder);
      await writeFile(revoked, authority.revocationList([]));
      return { ca, cert: host, key: host, revoked };
    },
  });
});
after(async () => {
  await store.close();
  await hosts.end();
});

const plan = (n: number): EtcdPlan => hosts.plans[n]!;
const access = (n = 0) => ({ endpoints: [clientUrl(plan(n))], tls: tls[n] });

test("a host begins an etcd alone, and whoever has no certificate of the cluster's is shut out", async () => {
  const [first] = hosts.plans;
  const alone = { ...first!, members: [{ name: first!.name, url: peerUrl(first!) }] };
  const process = await hosts.begin(alone);
  await waitForEtcd(alone, process, { tls: tls[0] });
  assert.deepEqual(await startEtcd(alone), process);
  const { ca } = tls[0]!;
  const stranger = await ClusterAuthority.make("c2", systemClock);
  const { request, key } = await newHost(newId("h"), ["127.0.0.1"]);
  const others: EtcdTls = { ca, cert: stranger.sign(request).certificate, key };
  await assert.rejects(listMembers({ ...access(), tls: others }), (error) =>
    hasCode(error, "store.unavailable"),
  );
  assert.equal((await listMembers(access())).length, 1);
});

async function grow(n: number, through: number): Promise<void> {
  const learner = await addLearner(access(through), peerUrl(plan(n)));
  assert.equal(learner.learner, true);
  assert.equal((await addLearner(access(through), peerUrl(plan(n)))).id, learner.id);
  const self = { name: plan(n).name, url: peerUrl(plan(n)) };
  const members = peersWith(await listMembers(access(through)), self);
  await hosts.begin({ ...plan(n), state: "existing", members });
  await promoteLearner(access(through), learner.id);
  await promoteLearner(access(through), learner.id);
}

test("two more join while it is written, and each change is there", async () => {
  store = await openEtcdStore({ ...access(), tls: tls[0]! });
  let writing = true;
  let written = 0;
  const writer = (async () => {
    for (; writing; written++) await put(store, `k/${written}`, written);
  })();
  await grow(1, 0);
  await grow(2, 1);
  writing = false;
  await writer;
  assert.ok(written > 10);
  assert.equal((await store.list("k/")).items.length, written);
  store.reconnect({ endpoints: hosts.endpoints, tls: tls[0] });
  assert.equal((await store.list("k/")).items.length, written);
  const { quorum, voters, needed, members } = await etcdStatus(access(2));
  assert.deepEqual({ quorum, voters, needed }, { quorum: true, voters: 3, needed: 2 });
  assert.ok(members.every(({ answers }) => answers?.version.startsWith("3.") === true));
});

test("its leader is moved where it is told to be, and its files are made smaller", async () => {
  const { members, leader } = await etcdStatus(access());
  const next = members.find(({ id }) => id !== leader)!;
  await moveLeader(access(), next.id);
  assert.equal((await etcdStatus(access())).leader, next.id);
  await moveLeader(access(), next.id);
  const before = await store.list("");
  await defragment(access());
  await makeRoom(access());
  assert.deepEqual((await store.list("")).items, before.items);
});

test("one is stopped and found again, one is removed, and the rest go on", async () => {
  await stopEtcd(plan(1).folder);
  await stopEtcd(plan(1).folder);
  assert.equal(await findEtcd(plan(1).folder), undefined);
  await put(store, "while/stopped", 1);
  assert.equal((await etcdStatus(access())).members.find(({ name }) => name === "h2")?.answers, undefined);
  await waitForEtcd(plan(1), await hosts.begin(plan(1)), { tls: tls[1] });
  const gone = (await listMembers(access())).find(({ name }) => name === "h3")!;
  await removeMember(access(), gone.id);
  await removeMember(access(), gone.id);
  assert.deepEqual((await listMembers(access(1))).map(({ name }) => name).toSorted(), ["h1", "h2"]);
  assert.equal((await store.get("while/stopped"))?.value, 1);
});

test("a snapshot of it is for its owner alone, and never written over", async () => {
  const path = join(hosts.folder, "snapshot");
  await saveSnapshot(access(), path);
  await assert.rejects(saveSnapshot(access(), path), (error) => hasCode(error, "store.unavailable"));
});

test("a host whose certificate was taken back is shut out, and no other", async () => {
  const { request, key } = await newHost(newId("h"), ["127.0.0.1"]);
  const signed = authority.sign(request);
  const guest = {
    endpoints: [clientUrl(plan(0))],
    tls: { ca: authority.certificate, cert: signed.certificate, key },
  };
  assert.equal((await listMembers(guest)).length, 2);
  await writeFile(plan(0).tls!.revoked!, authority.revocationList([signed]));
  await assert.rejects(listMembers(guest), (error) => hasCode(error, "store.unavailable"));
  assert.equal((await listMembers(access())).length, 2);
});
