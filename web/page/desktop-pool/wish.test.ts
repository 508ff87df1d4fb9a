import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { DesktopPool } from "#contract/schema/desktop-pool";
import { changeOf, poolOf, usualWish, wishOf } from "./wish.ts";

const usual = usualWish("Europe/Berlin");

const pool: DesktopPool = {
  id: "dp0123456789",
  name: "office",
  project: "default",
  title: "Office",
  description: "For letters",
  createdAt: "2026-01-01T00:00:00.000Z",
  revision: 3,
  image: "debian-13-xfce",
  keeps: "home",
  homeSize: 10 * 1024 ** 3,
  memory: 1024 ** 3,
  sound: true,
  standby: { count: 4, maxAge: 3600 },
  rollOut: { by: "wave", atOnce: 3, notice: 600 },
  entitled: { groups: ["staff"] },
  hours: {
    zone: "Europe/Vienna",
    open: [
      { days: ["mon"], from: "08:00", to: "12:00" },
      { days: ["tue"], from: "09:00", to: "13:00" },
    ],
  },
  rules: { idle: 900, suspend: 90, longest: 36_000 },
  policy: { files: "in", watermark: true, ports: [22], monitors: 2 },
  ready: 4,
  making: 0,
  desktops: 1,
  connected: 1,
  outdated: 0,
};

describe("a desktop pool's form", () => {
  it("makes a pool of a name and an image, with what is usual", () => {
    const body = poolOf({ ...usual, name: " office ", image: "debian-13-xfce", everyone: true });
    assert.equal(body.name, "office");
    assert.equal(body.title, "office");
    assert.equal(body.image, "debian-13-xfce");
    assert.equal(body.keeps, "nothing");
    assert.deepEqual(body.standby, { count: 2 });
    assert.deepEqual(body.entitled, { everyone: true });
    assert.deepEqual(body.rules, { suspend: 900, signOff: 14_400, warn: 60 });
    for (const absent of ["guest", "homeSize", "homePool", "hours", "most", "memory", "networks"])
      assert.ok(!Object.hasOwn(body, absent), absent);
  });

  it("gives homes their size and place where they are kept, and nowhere else", () => {
    const home = {
      ...usual,
      name: "a",
      guest: "gold",
      source: "guest",
      homeSize: 5,
      homePool: "fast",
    } as const;
    const kept = poolOf({ ...home, keeps: "home" });
    assert.deepEqual(
      [kept.homeSize, kept.homePool, kept.guest, kept.image],
      [5 * 1024 ** 3, "fast", "gold", undefined],
    );
    assert.equal(poolOf({ ...home, keeps: "guest" }).homeSize, undefined);
  });

  it("changes nothing of a pool that is only looked at", () => {
    const { title, description, image, homeSize, memory, sound, standby, rollOut, entitled, hours } = pool;
    const change = changeOf(wishOf(pool, "UTC"), pool);
    assert.deepEqual(
      { ...change, rules: undefined, policy: undefined },
      {
        title,
        description,
        image,
        homeSize,
        memory,
        sound,
        standby,
        rollOut,
        entitled,
        hours,
        rules: undefined,
        policy: undefined,
      },
    );
    assert.deepEqual(change.rules, { ...pool.rules, warn: 60 });
    assert.deepEqual({ ...change.policy, ...pool.policy }, change.policy);
  });

  it("takes away as null what is as usual again, and says nothing of what was so before", () => {
    const had = { ...pool, cpus: 2, most: 20, networks: ["office"] };
    const usually = { hours: false, cpus: "", memory: "", most: "", networks: [] } as const;
    const { hours, cpus, memory, most, networks } = changeOf({ ...wishOf(had, "UTC"), ...usually }, had);
    assert.deepEqual([hours, cpus, memory, most, networks], [null, null, null, null, null]);
    const change = changeOf({ ...wishOf(pool, "UTC"), ...usually }, pool);
    assert.deepEqual(
      [change.cpus, change.memory, change.most, change.networks],
      [undefined, null, undefined, undefined],
    );
  });
});
