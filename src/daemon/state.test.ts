import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { hasCode } from "#contract/errors";
import { homePaths } from "#base/home";
import { silentLog } from "#base/log";
import { MemoryStore } from "#durable/store/memory";
import { create, put } from "#durable/store/update";
import { writeClusterFile } from "#domain/cluster/cluster-file";
import { incarnationKey } from "#domain/cluster/incarnation";
import { openState, type State } from "./state.ts";

let home: string;
let cluster: MemoryStore;
let fenced: number;
let opened: State[];
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "lodge-state-"));
  cluster = new MemoryStore();
  fenced = 0;
  opened = [];
});
afterEach(async () => {
  for (const { all } of opened) await all.close();
  await rm(home, { recursive: true });
});

async function open(): Promise<State> {
  const onFenced = () => void fenced++;
  const paths = homePaths(home);
  const state = await openState({ paths, openCluster: async () => cluster, onFenced, log: silentLog });
  opened.push(state);
  return state;
}

const member = {
  cluster: "c1",
  host: "h1",
  name: "one",
  address: "127.0.0.1:8470",
  etcd: { endpoints: ["https://127.0.0.1:8471"] },
};

test("a host that stands alone has its own file", async () => {
  const { all, store, member: none } = await open();
  assert.equal(none, undefined);
  assert.equal(all, store);
  await create(store, "guests/g1", 1);
  assert.equal((await all.get("guests/g1"))?.value, 1);
});

test("a member has its part of the cluster's store, until it is fenced", async () => {
  await writeClusterFile(home, member);
  await create(cluster, incarnationKey("h1"), {});
  const { all, store } = await open();
  await create(store, "guests/g1", 1);
  assert.equal((await all.get("guests/@h1/g1"))?.value, 1);
  await put(cluster, incarnationKey("h1"), {});
  await assert.rejects(put(store, "guests/g1", 2), (error) => hasCode(error, "store.fenced"));
  assert.equal(fenced, 1);
  const again = await open();
  await put(again.store, "guests/g1", 3);
  assert.equal((await all.get("guests/@h1/g1"))?.value, 3);
});

test("one that was removed does not start alone beside its cluster", async () => {
  await writeClusterFile(home, member);
  await assert.rejects(open(), (error) => hasCode(error, "store.fenced"));
});
