/** Does a guest get more memory while it runs, keep what is in it, hand it on, and give it back? */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Schemas } from "#contract/schemas";
import { folderOf, parseMounts, parseOwn } from "#base/cgroup-mounts";
import { openGroups } from "#hypervisor/cpu/open-groups";
import { MiB, TestLodge, tinyMemory } from "../daemon.ts";
import { restore, take } from "./snapshot-world.ts";

type Guest = Schemas["Guest"];

/** What is added takes some of what is there, for its tables. */
const first = tinyMemory + 96 * MiB;
const grown = first + 384 * MiB;
const most = first + 512 * MiB;

describe("memory that is added while it runs", () => {
  let lodge: TestLodge;
  let sum = "";
  before(async () => {
    lodge = await TestLodge.start(undefined, { parked: false });
    await lodge.run({ name: "g", memory: first, maxMemory: most });
  });
  after(() => lodge?.[Symbol.asyncDispose]());

  const set = (memory: number) =>
    lodge.client.call("guestUpdate", { params: { guest: "g" }, body: { memory } });
  /** MiB that its system knows of. */
  const total = async (guest: string) =>
    Number((await lodge.sh(guest, "grep MemTotal /proc/meminfo")).replaceAll(/\D/g, "")) / 1024;
  const holds = async (guest: string) =>
    assert.equal(await lodge.sh(guest, "md5sum </dev/shm/big"), sum, `what ${guest} has in memory`);
  async function until(guest: string, is: (guest: Guest) => boolean): Promise<Guest> {
    for (let tries = 0; ; tries++) {
      const now = await lodge.guest(guest);
      if (is(now)) return now;
      const { memory, memoryTarget, memoryNow } = now;
      assert.ok(tries < 600, JSON.stringify({ memory, memoryTarget, memoryNow }));
      await delay(100);
    }
  }

  /** What its control group lets its process have. */
  function limit(pid: number): number {
    const own = parseOwn(readFileSync(`/proc/${pid}/cgroup`, "latin1"));
    const mounts = parseMounts(readFileSync("/proc/self/mountinfo", "latin1"));
    const mount = mounts.find(({ version, controllers }) => version === 2 || controllers.includes("memory"))!;
    const folder = folderOf(mount, own.get(mount.version === 2 ? "" : "memory"))!;
    const file = mount.version === 2 ? "memory.max" : "memory.limit_in_bytes";
    return Number(readFileSync(join(folder, file), "latin1"));
  }
  const limited = openGroups("probe").controllers.has("memory");

  it("is taken, and can be written to", async () => {
    const { pid } = await until("g", ({ memoryNow }) => memoryNow === first);
    const before = { total: await total("g"), limit: limited ? limit(pid!) : 0 };
    const asked = await set(grown);
    assert.deepEqual([asked.memory, asked.machine.bootMemory], [grown, first]);
    await until("g", ({ memoryNow }) => memoryNow === grown);
    assert.ok((await total("g")) - before.total > 350, `${await total("g")} MiB, and ${before.total} before`);
    if (limited) assert.equal(limit(pid!) - before.limit, grown - first);
    // More than it started with.
    await lodge.sh(
      "g",
      `mount -o remount,size=100% /dev/shm; cd /dev/shm; yes lodge | head -c 1048576 >some
      for i in $(seq 190); do echo $i; cat some; done >big; rm some`,
    );
    sum = await lodge.sh("g", "md5sum </dev/shm/big");
  });

  it("is no more than there is room for, in whole pieces", async () => {
    await assert.rejects(set(most + 2 * MiB), { code: "guest.wrong_state" });
    await assert.rejects(set(grown + MiB), { code: "api.invalid" });
    assert.equal((await lodge.guest("g")).memory, grown);
  });

  it("is there when the daemon was killed", async () => {
    await lodge.restart("SIGKILL");
    const { memory, memoryNow } = await lodge.guest("g");
    assert.deepEqual([memory, memoryNow], [grown, grown]);
    await holds("g");
  });

  it("is a branch's too, with what is in it", async () => {
    const params = { guest: "g" };
    await lodge.done(lodge.client.call("guestFork", { params, body: { name: "b" } }));
    await until("b", ({ memory, memoryNow }) => memory === grown && memoryNow === grown);
    await holds("b");
    await lodge.sh("b", "rm /dev/shm/big");
    await holds("g");
    await lodge.remove("b");
  });

  it("is in a snapshot with memory, which is gone on from in it and in another guest", async () => {
    await take(lodge, "g", { name: "full", memory: true });
    await lodge.sh("g", "rm /dev/shm/big");
    await set(first);
    await until("g", ({ memory }) => memory === first);
    await restore(lodge, "g", "full", { force: true });
    await until("g", ({ memory, memoryNow }) => memory === grown && memoryNow === grown);
    await holds("g");
    const params = { guest: "g", snapshot: "full" };
    await lodge.done(lodge.client.call("snapshotFork", { params, body: { name: "f" } }));
    await holds("f");
    await lodge.remove("f");
  });

  it("is there after a suspend", async () => {
    const params = { guest: "g" };
    await lodge.done(lodge.client.call("guestSuspend", { params }));
    await lodge.done(lodge.client.call("guestStart", { params }));
    await holds("g");
    assert.equal((await until("g", ({ memoryNow }) => memoryNow === grown)).memory, grown);
  });

  it("is given back as far as it is free, and counts until then", async () => {
    const shrinking = await set(first);
    assert.equal(shrinking.memoryTarget, first);
    // What is in use stays in use.
    await holds("g");
    const { memory } = await lodge.guest("g");
    assert.ok(memory > first + 64 * MiB, `${memory}`);
    await lodge.sh("g", "rm /dev/shm/big");
    // By itself Linux would try again in 50 s.
    const wanted = first + 2 * MiB;
    await set(wanted);
    const { pid, memoryTarget } = await until("g", (now) => now.memory === wanted);
    assert.equal(memoryTarget, undefined);
    if (limited) assert.ok(limit(pid!) < grown + 1024 * MiB + 300 * MiB);
  });

  it("is given anew when it starts again", async () => {
    const params = { guest: "g" };
    await set(grown);
    await lodge.done(lodge.client.call("guestStop", { params, body: { force: true } }));
    assert.equal((await lodge.guest("g")).memoryNow, undefined);
    await lodge.done(lodge.client.call("guestStart", { params }));
    await until("g", ({ memoryNow }) => memoryNow === grown);
    // Its agent has it used once it answers.
    const used = `until [ $(sed -n 's/^MemTotal: *\\([0-9]*\\) kB/\\1/p' /proc/meminfo) -gt 450000 ]; do sleep 0.1; done`;
    await lodge.sh("g", used);
  });
});
