import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { hasCode } from "#contract/errors";
import { HostStore } from "#durable/store/host-store";
import { MemoryStore } from "#durable/store/memory";
import type { Store, Transaction } from "#durable/store/store";
import { create, put } from "#durable/store/update";
import { guestRecords } from "../../../test/fakes/guest-records.ts";
import { listGuests } from "../guest/record.ts";
import { carryInto, type Carrying } from "./carry.ts";

let from: MemoryStore;
let to: MemoryStore;
let told: number[];
beforeEach(async () => {
  [from, to, told] = [new MemoryStore(), new MemoryStore(), []];
  for (const record of guestRecords(200)) await from.transact({ put: [record] });
  await put(from, "networks/n1", { name: "default" });
  await put(from, "settings/overcommit", { cpus: 4 });
  const lease = await from.grantLease(60);
  await from.transact({ put: [{ key: "passing/1", value: 1, lease }] });
});
afterEach(async () => {
  await from.close();
  await to.close();
});

const carry = (more: Partial<Carrying> = {}) =>
  carryInto({
    from,
    to,
    host: { id: "h1", name: "one" },
    signal: new AbortController().signal,
    progress: (fraction) => void told.push(fraction),
    ...more,
  });

test("everything that lasts is in the host's part of the cluster's store, as it was", async () => {
  const items = (await from.list("")).items.length - 1;
  assert.equal(await carry(), items);
  const host = new HostStore({ store: to, host: "h1" });
  const [was, is] = [await listGuests(from), await listGuests(host)];
  assert.deepEqual(
    is,
    was.map((guest) => ({ ...guest, host: "one", generation: 1 })),
  );
  assert.deepEqual((await host.get("networks/n1"))?.value, { name: "default" });
  assert.deepEqual((await host.get("settings/overcommit"))?.value, { cpus: 4 });
  assert.equal(await host.get("passing/1"), undefined);
  assert.equal((await to.list("guests/@h1/")).items.length, was.length);
  assert.equal(told.at(-1), 1);
});

test("nothing that is there is written over, and nothing here is changed", async () => {
  await create(to, "networks/n1", { name: "another's" });
  const before = (await from.list("")).revision;
  await assert.rejects(carry(), (error) => hasCode(error, "store.conflict"));
  assert.deepEqual((await to.get("networks/n1"))?.value, { name: "another's" });
  assert.deepEqual((await from.list("")).revision, before);
});

test("a store that loses something is found out", async () => {
  const lossy: Store = Object.assign(Object.create(to) as Store, {
    list: (prefix: string) => to.list(prefix),
    transact: ({ put: puts = [], ...rest }: Transaction) => to.transact({ ...rest, put: puts.slice(1) }),
  });
  await assert.rejects(carry({ to: lossy }), (error) => hasCode(error, "cluster.carry_failed"));
});

test("it can be called off", async () => {
  const ending = new AbortController();
  const progress = () => ending.abort(new TypeError("called off"));
  await assert.rejects(carry({ signal: ending.signal, progress }), /called off/);
});
