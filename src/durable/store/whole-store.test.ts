import assert from "node:assert/strict";
import { test } from "node:test";
import { HostStore } from "./host-store.ts";
import { MemoryStore } from "./memory.ts";
import { create, put } from "./update.ts";
import { Whereabouts } from "./whereabouts.ts";
import { WholeStore } from "./whole-store.ts";

test("what is on any host is read under its own key", async () => {
  const store = new MemoryStore();
  const one = new HostStore({ store, host: "h1" });
  const other = new HostStore({ store, host: "h2" });
  await create(one, "guests/g1", { name: "a" });
  await create(other, "guests/g2", { name: "b" });
  await create(other, "images/i1", "image");
  await create(one, "images/i1", "image");
  await put(one, "projects/p", "shared");
  const whereabouts = new Whereabouts();
  whereabouts.takeAll((await store.list("")).items.map(({ key }) => key));
  const whole = new WholeStore(store, whereabouts);
  assert.deepEqual((await whole.get("guests/g2"))?.value, { name: "b" });
  assert.equal((await whole.get("projects/p"))?.value, "shared");
  assert.equal(await whole.get("guests/g3"), undefined);
  const keys = async (prefix: string) => (await whole.list(prefix)).items.map(({ key }) => key);
  assert.deepEqual(await keys("guests/"), ["guests/g1", "guests/g2"]);
  assert.deepEqual(await keys("images/"), ["images/i1"]);
  assert.deepEqual(whereabouts.hostsOf("images/i1").toSorted(), ["h1", "h2"]);
});

test("where a record is follows what happens", async () => {
  const whereabouts = new Whereabouts();
  const event = (type: "put" | "delete", key: string) => ({ type, key, value: 1, previous: 1 });
  whereabouts.take([event("put", "guests/@h1/g1"), event("put", "networks/n1")]);
  assert.deepEqual(whereabouts.hostsOf("guests/g1"), ["h1"]);
  assert.deepEqual(whereabouts.hostsOf("networks/n1"), []);
  whereabouts.take([event("delete", "guests/@h1/g1"), event("put", "guests/@h2/g1")]);
  assert.deepEqual(whereabouts.hostsOf("guests/g1"), ["h2"]);
  whereabouts.take([event("delete", "guests/@h2/g1")]);
  assert.deepEqual(whereabouts.hostsOf("guests/g1"), []);
});
