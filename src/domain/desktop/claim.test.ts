import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { systemClock } from "#base/clock";
import { LodgeError } from "#contract/errors";
import { MemoryStore } from "#durable/store/memory";
import { guestKey, listGuests, type GuestRecord } from "../guest/record.ts";
import { claimStandby, HasOne } from "./claim.ts";
import { isEntitled, type Person } from "./entitled.ts";
import { forget } from "./forget.ts";
import { desktopOf, desktopPoolKey, listDesktops, type PoolRecord } from "./record.ts";

const person = (id: string, more: Partial<Person> = {}): Person => ({
  id,
  name: id,
  groups: [],
  claims: [],
  isHost: false,
  ...more,
});

async function world(standbys: number, more: Partial<PoolRecord> = {}) {
  const store = new MemoryStore();
  const pool = { id: "dp1", name: "office", project: "default", revision: 1, ...more } as PoolRecord;
  const desktop = { pool: "dp1", revision: 1, state: "standby" } as const;
  const guests = Array.from({ length: standbys }, (_, i) => ({ id: `g${i}`, state: "paused", desktop }));
  await store.transact({
    put: [
      { key: desktopPoolKey("dp1"), value: pool },
      ...guests.map((guest) => ({ key: guestKey(guest.id), value: guest })),
    ],
  });
  const claim = (guest: string, who: string) =>
    claimStandby({ store, clock: systemClock }, guest, pool, person(who)).catch((error: unknown) => {
      if (error instanceof HasOne) return "has one" as const;
      if (error instanceof LodgeError) return error.code;
      throw error;
    });
  return { store, pool, claim };
}

describe("a claim", () => {
  it("gives a standby to one of those who want it", async () => {
    const { store, claim } = await world(1);
    const got = await Promise.all(["ann", "bob", "eve"].map((who) => claim("g0", who)));
    assert.equal(got.filter((one) => typeof one === "object").length, 1);
    assert.equal((await listDesktops(store)).length, 1);
    const [guest] = (await listGuests(store)) as GuestRecord[];
    const [desktop] = await listDesktops(store);
    assert.deepEqual([guest!.state, guest!.desktop?.desktop], ["running", desktop!.id]);
  });

  it("gives one person one, however often he clicks", async () => {
    const { store, claim } = await world(3);
    const got = await Promise.all(["g0", "g1", "g2"].map((guest) => claim(guest, "ann")));
    assert.equal(got.filter((one) => one === "has one").length, 2);
    assert.equal((await listDesktops(store)).length, 1);
  });

  it("gives no more than there are to be, whoever comes at once", async () => {
    const { store, claim } = await world(6, { most: 2 });
    const got = await Promise.all(["a", "b", "c", "d", "e", "f"].map((who, i) => claim(`g${i}`, who)));
    assert.equal(got.filter((one) => one === "desktop_pool.full").length, 4);
    assert.equal((await listDesktops(store)).length, 2);
  });

  it("is refused by a pool that is gone, and finds no guest of an earlier revision", async () => {
    const { store, pool, claim } = await world(2);
    await store.transact({ put: [{ key: desktopPoolKey("dp1"), value: { ...pool, revision: 2 } }] });
    assert.equal(typeof (await claim("g0", "ann")), "object");
    await store.transact({ delete: [desktopPoolKey("dp1")] });
    assert.equal(await claim("g1", "bob"), "desktop_pool.not_found");
  });

  it("is forgotten without taking away what its user has by now", async () => {
    const { store, claim } = await world(2);
    await claim("g0", "ann");
    const [first] = await listDesktops(store);
    await forget(store, first!);
    assert.equal(await desktopOf(store, "dp1", "ann"), undefined);
    await claim("g1", "ann");
    const second = await desktopOf(store, "dp1", "ann");
    await forget(store, first!);
    assert.deepEqual(await desktopOf(store, "dp1", "ann"), second);
  });
});

describe("who is entitled", () => {
  it("is whoever one of the pool's words is true of, and nobody without one", () => {
    const ann = person("u1", { name: "ann", groups: ["design"], claims: ["level=3"] });
    assert.equal(isEntitled({}, ann), false);
    assert.equal(isEntitled({ everyone: true }, ann), true);
    assert.equal(isEntitled({ users: ["ann"] }, ann), true);
    assert.equal(isEntitled({ users: ["u1"] }, ann), false);
    assert.equal(isEntitled({ groups: ["staff", "design"] }, ann), true);
    assert.equal(isEntitled({ claims: ["level=3"] }, ann), true);
    assert.equal(isEntitled({ users: ["bob"], groups: ["staff"], claims: ["level=4"] }, ann), false);
    assert.equal(isEntitled({}, person("host", { isHost: true })), true);
  });
});
