import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { hasCode } from "#contract/errors";
import { storeConformance } from "./conformance.ts";
import { HostStore } from "./host-store.ts";
import { MemoryStore } from "./memory.ts";
import { isOwn, locate, placeOf } from "./partition.ts";
import { create, put, remove } from "./update.ts";

storeConformance("a host's part of a store", {
  make: async (options) => new HostStore({ store: new MemoryStore(options), host: "h1" }),
  restore: async (path) => new HostStore({ store: await MemoryStore.restore(path), host: "h1" }),
});

const twoHosts = (store = new MemoryStore()) => ({
  store,
  one: new HostStore({ store, host: "h1" }),
  other: new HostStore({ store, host: "h2" }),
});

describe("two hosts of one store", () => {
  test("have the same key for a record of their own each, and see what is shared", async () => {
    const { store, one, other } = twoHosts();
    await create(one, "guests/g1", "of one");
    await create(other, "guests/g1", "of the other");
    await create(one, "networks/n1", "both's");
    assert.equal((await one.get("guests/g1"))?.value, "of one");
    assert.equal((await other.get("guests/g1"))?.value, "of the other");
    assert.equal((await other.get("networks/n1"))?.value, "both's");
    const { items } = await store.list("guests/");
    assert.deepEqual(
      items.map(({ key }) => locate(key)),
      [
        { host: "h1", key: "guests/g1" },
        { host: "h2", key: "guests/g1" },
      ],
    );
    assert.deepEqual(
      (await one.list("guests/")).items.map(({ key, value }) => [key, value]),
      [["guests/g1", "of one"]],
    );
  });

  test("list on from a key of their own", async () => {
    const { one, other } = twoHosts();
    for (const id of ["a", "b", "c"]) {
      await put(one, `layers/${id}`, 1);
      await put(other, `layers/${id}`, 2);
    }
    const first = await one.list("layers/", { limit: 2 });
    assert.deepEqual([first.items.map(({ key }) => key), first.more], [["layers/a", "layers/b"], true]);
    const rest = await one.list("layers/", { limit: 2, after: "layers/b" });
    assert.deepEqual([rest.items.map(({ key }) => key), rest.more], [["layers/c"], false]);
  });

  test("are told of their own and the shared changes, and that others' passed", async () => {
    const { one, other } = twoHosts();
    const ending = new AbortController();
    const everything = one.watch("", { signal: ending.signal })[Symbol.asyncIterator]();
    const guests = one.watch("guests/", { signal: ending.signal })[Symbol.asyncIterator]();
    await put(other, "guests/g2", 2);
    await put(one, "guests/g1", 1);
    const keys = async (batches: typeof guests) =>
      ((await batches.next()).value as { events: { key: string }[] }).events.map(({ key }) => key);
    assert.deepEqual(await keys(everything), []);
    assert.deepEqual(await keys(everything), ["guests/g1"]);
    assert.deepEqual(await keys(guests), ["guests/g1"]);
    ending.abort();
  });

  test("see of what is partly own and partly shared what is theirs", async () => {
    const { one, other } = twoHosts();
    await put(other, "settings/overcommit", 2);
    await put(one, "settings/overcommit", 1);
    await put(one, "settings/outbound", 3);
    const { items, more } = await one.list("settings/");
    assert.deepEqual(
      items.map(({ key: at, value }) => [at, value]),
      [
        ["settings/outbound", 3],
        ["settings/overcommit", 1],
      ],
    );
    assert.equal(more, false);
    assert.equal((await one.list("settings/over", { limit: 1 })).items[0]?.value, 1);
  });
});

describe("a host that was fenced", () => {
  const fenced = async () => {
    const store = new MemoryStore();
    const { number } = await create(store, "incarnations/h1", {});
    const told: string[] = [];
    const incarnation = { key: "incarnations/h1", revision: number };
    const host = new HostStore({ store, host: "h1", incarnation, onFenced: () => told.push("fenced") });
    return { store, host, told };
  };

  test("changes nothing, and is told", async () => {
    const { store, host, told } = await fenced();
    await create(host, "guests/g1", 1);
    await put(store, "incarnations/h1", {});
    await assert.rejects(put(host, "guests/g1", 2), (error) => hasCode(error, "store.fenced"));
    await assert.rejects(remove(host, "guests/g1"), (error) => hasCode(error, "store.fenced"));
    assert.equal((await store.get("guests/@h1/g1"))?.value, 1);
    assert.deepEqual(told, ["fenced", "fenced"]);
  });

  test("is told from a mere conflict", async () => {
    const { host, told } = await fenced();
    await create(host, "guests/g1", 1);
    await assert.rejects(create(host, "guests/g1", 2), (error) => hasCode(error, "store.conflict"));
    assert.deepEqual(told, []);
  });
});

const segment = fc.stringMatching(/^[a-z0-9_-]{1,12}$/);
const key = fc.oneof(
  fc
    .tuple(fc.constantFrom("guests", "networks", "snapshot-names", "access"), segment)
    .map((all) => all.join("/")),
  fc
    .tuple(fc.constantFrom("layers", "webhooks/progress", "webhooks/records"), segment, segment)
    .map((all) => all.join("/")),
  fc.constantFrom("settings/overcommit", "settings/outbound", "host/identity"),
);

test("every key lies at one place, and is found from there", () => {
  fc.assert(
    fc.property(key, segment, (at, host) => {
      const { host: whose, key: found } = locate(placeOf(host, at));
      assert.equal(found, at);
      assert.equal(whose, isOwn(at) ? host : undefined);
    }),
  );
});
