/** Does a transaction happen once whose request arrives when it was given up, or whose answer never arrives? */
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { type EtcdStore, openEtcdStore } from "#durable/store/etcd";
import type { WatchBatch } from "#durable/store/store";
import { put, remove } from "#durable/store/update";
import { HoldingProxy } from "./holding-proxy.ts";
import { TestMembers } from "./members.ts";

let members: TestMembers;
before(async () => void (members = await TestMembers.start(3)));
after(() => members.end());

let proxy: HoldingProxy;
let store: EtcdStore;
let prefixes = 0;
beforeEach(async () => {
  const [first, ...others] = members.endpoints;
  proxy = await HoldingProxy.before(first!);
  store = await openEtcdStore({ endpoints: [proxy.endpoint, ...others], prefix: `late/${++prefixes}` });
});
afterEach(async () => {
  await store.close();
  await proxy.close();
});

/** What the store was told of since the beginning, up to what is put now. */
async function told(): Promise<string[]> {
  const seen: string[] = [];
  const { number } = await put(store, "last", 1);
  const other = await openEtcdStore({ endpoints: members.endpoints, prefix: `late/${prefixes}` });
  const { epoch } = (await other.list("")).revision;
  const { signal } = new AbortController();
  const batches: AsyncIterable<WatchBatch> = other.watch("", { from: { epoch, number: 1 }, signal });
  for await (const { revision, events } of batches) {
    for (const { type, key } of events) seen.push(`${type} ${key}`);
    if (revision.number === number) break;
  }
  await other.close();
  return seen;
}

test("a request that arrives late changes nothing, where its sender went elsewhere", async () => {
  await put(store, "before", 1);
  proxy.hold("requests");
  await put(store, "k", "once");
  await remove(store, "k");
  assert.ok(proxy.isHolding);
  await proxy.release();
  assert.equal(await store.get("k"), undefined);
  assert.deepEqual(await told(), ["put before", "put k", "delete k", "put last"]);
});

test("an answer that is lost is found, with the revision at which it happened", async () => {
  await put(store, "before", 1);
  proxy.hold("answers");
  const { number } = await put(store, "k", "once");
  const item = await store.get("k");
  assert.deepEqual([item?.revision, item?.created], [number, number]);
  assert.ok(proxy.isHolding);
  assert.deepEqual(await told(), ["put before", "put k", "put last"]);
});

test("a lost answer to what conflicts is a conflict, and one to what deletes nothing changes nothing", async () => {
  const { number } = await put(store, "k", 1);
  proxy.hold("answers");
  const conflicting = { compare: [{ key: "k", revision: number + 1 }], put: [{ key: "k", value: 2 }] };
  await assert.rejects(store.transact(conflicting), { code: "store.conflict" });
  await remove(store, "never");
  assert.deepEqual(await told(), ["put k", "put last"]);
});

test("what a client had under way when it was killed does not happen once its successor is there", async () => {
  const [first, ...others] = members.endpoints;
  const name = "h1";
  const killed = await openEtcdStore({ endpoints: [proxy.endpoint, ...others], prefix: "named", name });
  await put(killed, "k", 1);
  proxy.hold("requests");
  const lost = put(killed, "k", "late");
  const successor = await openEtcdStore({ endpoints: [first!], prefix: "named", name });
  assert.equal((await successor.get("k"))?.value, 1);
  await assert.rejects(lost, { code: "store.unavailable" });
  await proxy.release();
  assert.equal((await successor.get("k"))?.value, 1);
  await successor.close();
  await killed.close();
});
