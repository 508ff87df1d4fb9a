/** Is a change that was acknowledged there, once, whatever happens to members of an etcd while it is written? */
import assert from "node:assert/strict";
import { after, before, test, type TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { hasCode } from "#contract/errors";
import { openEtcdStore } from "#durable/store/etcd";
import { put } from "#durable/store/update";
import type { EtcdPlan } from "#hypervisor/etcd/plan";
import { etcdStatus } from "#hypervisor/etcd/status";
import { TestMembers } from "./members.ts";
import { Workload } from "./workload.ts";

let members: TestMembers;
before(async () => void (members = await TestMembers.start(3)));
after(() => members.end());

/** What a test may take, so that a change that is never acknowledged is told of. */
const options = { timeout: 120_000 };

const begin = async (t: TestContext): Promise<Workload> => {
  const work = await Workload.begin(members.endpoints);
  t.after(() => work.end());
  return work;
};

const leader = async (): Promise<EtcdPlan> => {
  const status = await etcdStatus({ endpoints: members.endpoints });
  const { name } = status.members.find(({ id }) => id === status.leader)!;
  return members.plans.find((plan) => plan.name === name)!;
};

const follower = async (): Promise<EtcdPlan> => {
  const led = await leader();
  return members.plans.find((plan) => plan !== led)!;
};

test("while its leader is killed, three times", options, async (t) => {
  const work = await begin(t);
  for (let round = 0; round < 3; round++) {
    await work.progress(20);
    const killed = await leader();
    await members.kill(killed);
    await work.progress(20);
    await members.begin(killed);
    await members.answers(killed);
  }
  await work.progress(20);
  t.diagnostic(`${await work.check()} changes acknowledged, ${work.unavailable} told of as unavailable`);
});

test("while its leader stands still, and wakes with what it was asked before", options, async (t) => {
  const work = await begin(t);
  for (let round = 0; round < 2; round++) {
    await work.progress(20);
    const stopped = await leader();
    members.pause(stopped);
    await work.progress(20);
    members.wake(stopped);
    await work.progress(20);
  }
  t.diagnostic(`${await work.check()} changes acknowledged, ${work.unavailable} told of as unavailable`);
});

test("while a follower stands still", options, async (t) => {
  const work = await begin(t);
  await work.progress(20);
  const stopped = await follower();
  members.pause(stopped);
  await work.progress(50);
  members.wake(stopped);
  await work.progress(20);
  t.diagnostic(`${await work.check()} changes acknowledged, ${work.unavailable} told of as unavailable`);
});

test("while a follower is slow: it runs for a fifth of the time", options, async (t) => {
  const work = await begin(t);
  const slow = await follower();
  const ending = new AbortController();
  const slowing = (async () => {
    while (!ending.signal.aborted) {
      members.pause(slow);
      await delay(200);
      members.wake(slow);
      await delay(50);
    }
  })();
  await work.progress(100);
  ending.abort();
  await slowing;
  t.diagnostic(`${await work.check()} changes acknowledged, ${work.unavailable} told of as unavailable`);
});

test("while all of them are killed, and come back", options, async (t) => {
  const work = await begin(t);
  await work.progress(20);
  for (const plan of members.plans) await members.kill(plan);
  await members.startAll();
  await work.progress(20);
  t.diagnostic(`${await work.check()} changes acknowledged, ${work.unavailable} told of as unavailable`);
});

test(
  "where the quorum is lost it says so, reads how a change ended once it is back, and goes on",
  options,
  async () => {
    const store = await openEtcdStore({ endpoints: members.endpoints, prefix: "quorum" });
    await put(store, "before", 1);
    const [first, second] = [await leader(), await follower()];
    await members.kill(first);
    const writing = put(store, "during", 1);
    await members.kill(second);
    const ended = await writing.then(
      () => "acknowledged",
      (error: unknown) => error,
    );
    await assert.rejects(
      put(store, "later", 1),
      (error) => hasCode(error, "store.unavailable") && /quorum/.test(error.message + error.hint),
    );
    await assert.rejects(store.list(""), (error) => hasCode(error, "store.unavailable"));
    await members.startAll();
    const during = await store.get("during");
    if (ended === "acknowledged") assert.ok(during);
    else assert.ok(hasCode(ended, "store.unavailable", "store.unsettled"));
    assert.equal(await store.get("later"), undefined);
    await put(store, "after", 1);
    assert.deepEqual(await store.get("during"), during);
    await store.close();
  },
);

test("of two that open it by one name, the earlier changes nothing any more", options, async () => {
  const open = () => openEtcdStore({ endpoints: members.endpoints, prefix: "names", name: "h1" });
  const earlier = await open();
  await put(earlier, "k", 1);
  const later = await open();
  await assert.rejects(put(earlier, "k", 2), (error) => hasCode(error, "store.unavailable"));
  await put(later, "k", 3);
  await earlier.close();
  await put(later, "k", 4);
  assert.equal((await later.get("k"))?.value, 4);
  await later.close();
});
