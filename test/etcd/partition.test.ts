/** Is a change that was acknowledged there, once, whatever happens to the network between the members of an etcd? */
import assert from "node:assert/strict";
import { after, before, test, type TestContext } from "node:test";
import { openEtcdStore } from "#durable/store/etcd";
import { put } from "#durable/store/update";
import { etcdStatus } from "#hypervisor/etcd/status";
import { TestMembers } from "./members.ts";
import { Namespaces } from "./namespaces.ts";
import { Workload } from "./workload.ts";

const options = { timeout: 120_000, skip: process.getuid?.() !== 0 && "needs root" };

let hosts: Namespaces;
let members: TestMembers;
before(async () => {
  if (options.skip) return;
  hosts = await Namespaces.make(3);
  members = await TestMembers.start(3, { addresses: hosts.addresses, namespaces: hosts.names });
});
after(async () => {
  if (options.skip) return;
  await members.end();
  await hosts.end();
});

/** Which of them leads, or (`leads` false) one that does not. */
async function find(leads: boolean): Promise<number> {
  const status = await etcdStatus({ endpoints: members.endpoints });
  const name = status.members.find(({ id }) => id === status.leader)!.name;
  return members.plans.findIndex((plan) => (plan.name === name) === leads);
}

async function through(t: TestContext, leads: boolean, from: "all" | "hosts"): Promise<void> {
  const work = await Workload.begin(members.endpoints);
  t.after(() => work.end());
  for (let round = 0; round < 2; round++) {
    await work.progress(20);
    const n = await find(leads);
    await hosts.cut(n, from);
    await work.progress(30);
    await hosts.mend(n);
    await work.progress(20);
  }
  t.diagnostic(`${await work.check()} changes acknowledged, ${work.unavailable} told of as unavailable`);
}

test("the leader is cut off from everybody", options, (t) => through(t, true, "all"));

test("the leader is cut off from the others, while clients still reach it", options, (t) =>
  through(t, true, "hosts"),
);

test("a follower is cut off from the others, while clients still reach it", options, (t) =>
  through(t, false, "hosts"),
);

test("a watch at a member that was cut off goes on at another", options, async () => {
  const n = await find(false);
  const cut = members.endpoints[n]!;
  const rest = members.endpoints.filter((endpoint) => endpoint !== cut);
  const watching = await openEtcdStore({ endpoints: [cut, ...rest], prefix: "watched" });
  const writing = await openEtcdStore({ endpoints: rest, prefix: "watched" });
  const ending = new AbortController();
  // The other store's change may otherwise come before the watch has begun.
  const { revision: from } = await watching.list("");
  const batches = watching.watch("", { from, signal: ending.signal })[Symbol.asyncIterator]();
  const next = async () => (await batches.next()).value?.events[0]?.value;
  await put(writing, "k", 1);
  assert.equal(await next(), 1);
  await hosts.cut(n, "hosts");
  await put(writing, "k", 2);
  assert.equal(await next(), 2);
  await hosts.mend(n);
  await put(writing, "k", 3);
  assert.equal(await next(), 3);
  ending.abort();
  await watching.close();
  await writing.close();
});
