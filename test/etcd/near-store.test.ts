/** Is what is held near of an etcd's records never older than they are, whatever happens to its members and the network? */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test, type TestContext } from "node:test";
import { silentLog } from "#base/log";
import { hasCode } from "#contract/errors";
import { openEtcdStore } from "#durable/store/etcd";
import { NearStore } from "#durable/store/near-store";
import type { Store } from "#durable/store/store";
import { put } from "#durable/store/update";
import { HoldingProxy } from "./holding-proxy.ts";
import { TestMembers } from "./members.ts";
import { Namespaces } from "./namespaces.ts";

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

/** Stores of one etcd are apart by their prefix. */
let prefix = "";

/** One that is near, at the first member, and one that writes, at the others. */
async function pair(t: TestContext): Promise<{ near: NearStore; far: Store }> {
  prefix = `test/${randomUUID()}`;
  const [first, ...others] = members.endpoints;
  const near = await NearStore.open(await openEtcdStore({ endpoints: [first!, ...others], prefix }), {
    kept: ["a/"],
    log: silentLog,
  });
  const far = await openEtcdStore({ endpoints: others, prefix });
  t.after(async () => {
    await near.close();
    await far.close();
  });
  return { near, far };
}

/** What was acknowledged to one is listed by the other, each time. */
async function agree(near: Store, far: Store, from: number, count = 20): Promise<void> {
  for (let n = from; n < from + count; n++) {
    await put(far, `a/${n % 3}`, n);
    const { items } = await near.list("a/");
    assert.equal(items.find(({ key }) => key === `a/${n % 3}`)?.value, n);
  }
}

test("while the member that it follows stands still, and wakes", options, async (t) => {
  const { near, far } = await pair(t);
  await agree(near, far, 0);
  members.pause(members.plans[0]!);
  await agree(near, far, 100);
  members.wake(members.plans[0]!);
  await agree(near, far, 200);
});

test("while the member that it follows is cut off from the others", options, async (t) => {
  const { near, far } = await pair(t);
  await agree(near, far, 0);
  await hosts.cut(0, "hosts");
  await agree(near, far, 100);
  await hosts.mend(0);
  await agree(near, far, 200);
});

test("when the member that it follows was killed, and begins again", options, async (t) => {
  const { near, far } = await pair(t);
  await agree(near, far, 0);
  await members.kill(members.plans[0]!);
  await agree(near, far, 100);
  await members.begin(members.plans[0]!);
  await members.answers(members.plans[0]!);
  await agree(near, far, 200);
});

test(
  "cut off from everybody it lists nothing; afterwards all, though the history of between is forgotten",
  options,
  async (t) => {
    prefix = `test/${randomUUID()}`;
    const [first] = members.endpoints;
    const proxy = await HoldingProxy.before(first!);
    const opened = await openEtcdStore({ endpoints: [proxy.endpoint], prefix });
    const near = await NearStore.open(opened, { kept: ["a/"], log: silentLog });
    const far = await openEtcdStore({ endpoints: [first!], prefix });
    t.after(async () => {
      await near.close();
      await far.close();
      await proxy.close();
    });
    await agree(near, far, 0);
    const { revision: from } = await near.list("a/");
    const watch = near.watch("a/", { from, signal: new AbortController().signal })[Symbol.asyncIterator]();
    const told = watch.next();
    told.catch(() => undefined);
    proxy.hold("answers");
    // By then its watch is given up too.
    await assert.rejects(near.list("a/"), (error) => hasCode(error, "store.unavailable"));
    await put(far, "a/between", 1);
    await far.compact((await put(far, "a/0", "last")).number);
    await proxy.release();
    await assert.rejects(told, (error) => hasCode(error, "store.compacted"));
    assert.deepEqual((await near.list("a/")).items, (await far.list("a/")).items);
    await agree(near, far, 100);
  },
);
