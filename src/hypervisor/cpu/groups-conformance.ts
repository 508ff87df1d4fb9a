/** What every implementation of guests' control groups keeps. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Groups } from "./groups.ts";

export interface GroupsUnderTest extends AsyncDisposable {
  readonly groups: Groups;
  /** Of the same Lodge, in another daemon. */
  readonly again: () => Groups;
  /** Of another Lodge. */
  readonly other: () => Groups;
  /** A process that sleeps. */
  readonly sleeper: () => Promise<{ readonly pid: number; readonly end: () => Promise<void> }>;
  /** The guests' processes, as the kernel tells them. */
  readonly inside: (guest: string) => readonly number[];
  /** A limit, as the kernel has it. */
  readonly told: (guest: string, what: "weight" | "cap" | "pin" | "memory" | "tasks") => string;
}

export function groupsConformance(
  name: string,
  { open, skip = false }: { readonly open: () => GroupsUnderTest; readonly skip?: string | false },
): void {
  describe(`control groups, ${name}`, { skip }, () => {
    it("hold a guest's processes, those that are put in and no others", async () => {
      await using world = open();
      const { groups, inside } = world;
      const one = await world.sleeper();
      const two = await world.sleeper();
      groups.make("g1", {});
      groups.make("g2", {});
      groups.enter("g1", one.pid);
      groups.enter("g2", two.pid);
      assert.deepEqual(inside("g1"), [one.pid]);
      assert.deepEqual(inside("g2"), [two.pid]);
      groups.enter("g1", two.pid);
      assert.deepEqual(inside("g1").toSorted(), [one.pid, two.pid].toSorted());
    });

    it("take a process that has ended for nothing", async () => {
      await using world = open();
      const one = await world.sleeper();
      world.groups.make("g1", {});
      await one.end();
      world.groups.enter("g1", one.pid);
      assert.deepEqual(world.inside("g1"), []);
    });

    it("are removed when nothing is in them, and that again is nothing", async () => {
      await using world = open();
      const { groups } = world;
      const one = await world.sleeper();
      groups.make("g1", {});
      groups.enter("g1", one.pid);
      assert.equal(groups.remove("g1"), false);
      await one.end();
      assert.equal(groups.remove("g1"), true);
      assert.equal(groups.remove("g1"), true);
      assert.deepEqual(groups.list(), []);
      assert.equal(groups.usage("g1"), undefined);
    });

    it("are found again by another daemon, and not by another Lodge", async () => {
      await using world = open();
      world.groups.make("g1", { weight: 200 });
      world.groups.make("g2", {});
      assert.deepEqual(world.again().list(), ["g1", "g2"]);
      assert.deepEqual(world.other().list(), []);
      assert.equal(world.again().remove("g1"), true);
      assert.deepEqual(world.groups.list(), ["g2"]);
    });

    it("have limits, which another set takes the place of", async () => {
      await using world = open();
      const { groups, told } = world;
      groups.make("g1", { weight: 300, cap: 0.5, pin: "0", memory: 64 * 2 ** 20, tasks: 50 });
      const ordinary = () => {
        groups.make("g0", {});
        return told("g0", "weight");
      };
      assert.equal(Number(told("g1", "weight")), 3 * Number(ordinary()));
      assert.equal(told("g1", "cap"), "50000");
      assert.equal(told("g1", "pin"), "0");
      assert.equal(told("g1", "memory"), String(64 * 2 ** 20));
      assert.equal(told("g1", "tasks"), "50");
      groups.limit("g1", { cap: 2 });
      assert.equal(told("g1", "weight"), ordinary());
      assert.equal(told("g1", "cap"), "200000");
      assert.notEqual(told("g1", "memory"), String(64 * 2 ** 20));
      assert.equal(told("g1", "tasks"), "max");
      groups.limit("g1", {});
      assert.ok(["max", "-1"].includes(told("g1", "cap")));
    });

    it("let a guest go first while it is waited for, by its weight, and by the most there is", async () => {
      await using world = open();
      const { groups, told } = world;
      groups.make("g1", { weight: 100 });
      const before = Number(told("g1", "weight"));
      groups.precede("g1", 1, "awaited");
      const awaited = Number(told("g1", "weight"));
      assert.ok(awaited > 20 * before);
      groups.limit("g1", { weight: 50 });
      assert.ok(Math.abs(Number(told("g1", "weight")) - awaited / 2) <= 1, "a limit leaves it first");
      groups.limit("g1", { weight: 10_000 });
      groups.precede("g1", 1, "ordinary");
      groups.limit("g1", { weight: 100 });
      assert.equal(Number(told("g1", "weight")), before);
    });

    it("tell what was taken, once there is a group", async () => {
      await using world = open();
      assert.equal(world.groups.usage("g1"), undefined);
      world.groups.make("g1", {});
      const usage = world.groups.usage("g1");
      assert.equal(typeof usage?.cpuSeconds, "number");
      assert.equal(typeof usage?.throttledSeconds, "number");
      assert.equal(typeof usage?.memory, "number");
    });

    it("are nothing to be limited where there is none", async () => {
      await using world = open();
      world.groups.limit("g1", { cap: 1 });
      assert.deepEqual(world.groups.list(), []);
    });

    it("can be made ready for a change, which changes nothing", async () => {
      await using world = open();
      world.groups.make("g1", {});
      await world.groups.warm();
      assert.deepEqual(world.inside("g1"), []);
    });
  });
}
