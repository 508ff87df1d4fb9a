/** What does a store say whose etcd is full, is what it acknowledged there, and does it go on once there is room? */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { hasCode } from "#contract/errors";
import { openEtcdStore } from "#durable/store/etcd";
import { put } from "#durable/store/update";
import { etcdStatus } from "#hypervisor/etcd/status";
import { makeRoom } from "#hypervisor/etcd/upkeep";
import { TestMembers } from "./members.ts";

let members: TestMembers;
before(async () => void (members = await TestMembers.start(1, { quota: 8 * 1024 * 1024 })));
after(() => members.end());

test("it refuses with no_space, has what it acknowledged and no more, and goes on when history was forgotten", async () => {
  const store = await openEtcdStore({ endpoints: members.endpoints });
  const filling = "x".repeat(900_000);
  let last = -1;
  const fill = async () => {
    for (let n = 0; n < 100; n++) {
      await store.transact({
        put: [
          { key: "big", value: { n, filling } },
          { key: `small/${n}`, value: n },
        ],
      });
      last = n;
    }
  };
  await assert.rejects(fill(), (error) => hasCode(error, "host.no_space"));
  assert.ok(last >= 2);
  assert.equal(((await store.get("big"))?.value as { n: number }).n, last);
  assert.equal((await store.list("small/")).items.length, last + 1);
  await assert.rejects(put(store, "more", 1), (error) => hasCode(error, "host.no_space"));
  const { members: said } = await etcdStatus({ endpoints: members.endpoints });
  assert.match(said[0]?.answers?.problems.join() ?? "", /NOSPACE/);

  await makeRoom({ endpoints: members.endpoints });
  await put(store, "more", 1);
  assert.equal((await store.list("small/")).items.length, last + 1);
  assert.deepEqual((await etcdStatus({ endpoints: members.endpoints })).members[0]?.answers?.problems, []);
  await store.close();
});
