import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { guestRecord } from "../../../../test/fakes/guest-records.ts";
import { offerOf } from "../../../../test/fakes/placement-hosts.ts";
import { MemoryStore } from "#durable/store/memory";
import { placeOf } from "#durable/store/partition";
import { put, remove } from "#durable/store/update";
import { guestKey, type GuestRecord } from "#domain/guest/record";
import { beatKey, memberKey, type MemberRecord } from "#domain/member/record";
import { ClusterBoards, offerKey } from "./boards.ts";

let store: MemoryStore;
let boards: ClusterBoards;
let now = 1_000;
beforeEach(async () => {
  store = new MemoryStore();
  for (const name of ["h1", "h2"]) await join(name);
  await put(store, placeOf("h1", guestKey("g0")), guestRecord(0));
  boards = new ClusterBoards(store, { now: () => now });
  await boards.open();
});
afterEach(async () => {
  boards.close();
  await store.close();
});

const member = (id: string, more: Partial<MemberRecord> = {}): MemberRecord => ({
  id,
  name: `host-${id}`,
  address: `${id}:8470`,
  version: "0.1.0",
  wire: 1,
  state: "active",
  joinedAt: 0,
  certificates: [],
  ...more,
});

async function join(id: string): Promise<void> {
  const { name: _, state: _state, labels: _labels, taints: _taints, ...offer } = offerOf(id);
  await put(store, memberKey(id), member(id, { labels: { rack: id } }));
  await put(store, offerKey(id), { ...offer, host: id });
  await put(store, beatKey(id), { at: 0, startedAt: 0 });
}

const hosts = async () => [...(await boards.current()).standings()].map(({ offer }) => offer);
const residents = async (host: string) => [...(await boards.current()).on(host)].map(({ name }) => name);

describe("the board of a cluster", () => {
  it("has each member with what it offers and what is said of it, and each guest where it is", async () => {
    assert.deepEqual(
      (await hosts()).map(({ host, name, state, labels }) => [host, name, state, labels]),
      [
        ["h1", "host-h1", "in", { rack: "h1" }],
        ["h2", "host-h2", "in", { rack: "h2" }],
      ],
    );
    assert.deepEqual([await residents("h1"), await residents("h2")], [["guest-00000"], []]);
  });

  it("has a guest in one place at any moment, also when it moves", async () => {
    await store.transact({
      put: [{ key: placeOf("h2", guestKey("g0")), value: guestRecord(0) }],
      delete: [placeOf("h1", guestKey("g0"))],
    });
    assert.deepEqual([await residents("h1"), await residents("h2")], [[], ["guest-00000"]]);
    const running: GuestRecord = { ...guestRecord(0), state: "running" };
    await put(store, placeOf("h2", guestKey(running.id)), running);
    const [resident] = (await boards.current()).on("h2");
    assert.ok(resident);
    await remove(store, placeOf("h2", guestKey(running.id)), placeOf("h2", guestKey("g0")));
    assert.deepEqual(await residents("h2"), []);
  });

  it("knows since when a host does not answer, and that it does again", async () => {
    now = 2_000;
    await remove(store, beatKey("h2"));
    assert.deepEqual(
      (await hosts()).map(({ host, silentSince }) => [host, silentSince]),
      [
        ["h1", undefined],
        ["h2", 2_000],
      ],
    );
    await put(store, beatKey("h2"), { at: 0, startedAt: 0 });
    assert.ok((await hosts()).every(({ silentSince }) => silentSince === undefined));
  });

  it("follows a member that is drained, removed, or has none of its own", async () => {
    await put(store, memberKey("h2"), member("h2", { state: "draining", taints: ["gpu"] }));
    const [, drained] = await hosts();
    assert.deepEqual([drained!.state, drained!.taints, drained!.labels], ["draining", ["gpu"], {}]);
    await put(store, memberKey("h2"), member("h2", { witness: true }));
    assert.deepEqual((await hosts()).length, 1);
    await remove(store, memberKey("h1"));
    assert.deepEqual(await hosts(), []);
    // Its guests are not forgotten with it.
    assert.deepEqual(await residents("h1"), ["guest-00000"]);
    await join("h1");
    assert.deepEqual(
      (await hosts()).map(({ host }) => host),
      ["h1"],
    );
  });
});
