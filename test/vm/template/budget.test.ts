/** Do templates keep to their budget, and do guests go on when theirs has gone? */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { assertConsistent } from "../guest/consistent.ts";
import { MiB, TestLodge, tinyMemory } from "../daemon.ts";

const larger = tinyMemory + 16 * MiB;

describe("templates within a budget", () => {
  let lodge: TestLodge;
  before(async () => {
    lodge = await TestLodge.start(undefined, { parked: false });
    await lodge.park();
    await lodge.done(lodge.client.call("templateBuild", { body: { image: "tiny", memory: larger } }));
  });
  after(() => lodge?.[Symbol.asyncDispose]());

  const list = () => lodge.client.call("templateList");
  const of = async (memory: number) => (await list()).find((one) => one.memory === memory);
  const budget = (memory: number | null) =>
    lodge.client.call("templateBudgetUpdate", { body: { memory, disk: null } });
  const until = async (condition: () => Promise<boolean>) => {
    while (!(await condition())) await delay(20);
  };
  const events = async (kind: string): Promise<number> => {
    const lines = (await readFile(join(lodge.paths.logs, "events.jsonl"), "utf8")).trim().split("\n");
    return lines.filter((line) => (JSON.parse(line) as { kind: string }).kind === kind).length;
  };

  it("have one by the host's size, which tells what they take", async () => {
    const { memory, disk } = await lodge.client.call("templateBudgetGet");
    const { memory: total } = await lodge.client.call("hostGet");
    assert.deepEqual([memory.limit, memory.chosen, disk.chosen], [Math.floor(total / 4), false, false]);
    const all = await list();
    assert.equal(
      memory.taken,
      all.reduce((sum, { resident }) => sum + resident, 0),
    );
    assert.equal(
      disk.taken,
      all.reduce((sum, { stored }) => sum + stored, 0),
    );
    assert.ok(
      all.every(({ state, resident, stored }) => state === "parked" && resident > MiB && stored > MiB),
    );
  });

  it("leave memory for one another, and are read back by a fork", async () => {
    const [small, large] = [(await of(tinyMemory))!, (await of(larger))!];
    await lodge.run({ name: "lately", memory: larger });
    await lodge.remove("lately");
    await budget(Math.max(small.resident, large.resident) + 4 * MiB);
    assert.deepEqual([(await of(tinyMemory))!.state, (await of(larger))!.state], ["evicted", "parked"]);
    assert.equal((await of(tinyMemory))!.resident, 0);
    const back = await lodge.run({ name: "back" });
    assert.equal(back.origin.how, "fork", back.origin.reason ?? "");
    assert.deepEqual([(await of(tinyMemory))!.state, (await of(larger))!.state], ["parked", "evicted"]);
    assert.ok((await events("template.evicted")) >= 2 && (await events("template.refilled")) === 1);
  });

  it("stay in memory while guests map it, and leave it with the last of them", async () => {
    await budget(0);
    const used = (await of(tinyMemory))!;
    assert.deepEqual([used.state, used.guests], ["parked", 1]);
    // What a guest reads of it that it never touched makes it larger.
    assert.ok((await lodge.client.call("templateBudgetGet")).memory.taken >= used.resident);
    assert.equal(await lodge.sh("back", "echo goes on"), "goes on");
    await lodge.done(lodge.client.call("guestStop", { params: { guest: "back" }, body: { force: true } }));
    await until(async () => (await of(tinyMemory))!.state === "evicted");
    await lodge.done(lodge.client.call("guestStart", { params: { guest: "back" } }));
    assert.equal(await lodge.sh("back", "echo from its disk"), "from its disk");
    assert.equal((await of(tinyMemory))!.state, "evicted");
    await lodge.remove("back");
  });

  it("are not made, and not read back, where there is no room: guests boot and say why", async () => {
    const guest = await lodge.run({ name: "cold", wait: "none" });
    assert.equal(guest.origin.how, "boot");
    assert.match(guest.origin.reason ?? "", /no room in the templates' budget/);
    const other = await lodge.run({ name: "other", memory: larger + 16 * MiB, start: true, wait: "none" });
    assert.match(other.origin.reason ?? "", /no room for one in their budget/);
    const build = lodge.client.call("templateBuild", { body: { image: "tiny", memory: larger + 16 * MiB } });
    await assert.rejects(build, (error: { code: string; hint: string }) => {
      return error.code === "template.budget" && error.hint.includes("lodge template budget");
    });
    for (const name of ["cold", "other"]) await lodge.remove(name);
    assert.equal((await list()).length, 2);
  });

  it("are removed where they take too much of the disk, those used last at last", async () => {
    await lodge.client.call("templateBudgetUpdate", {
      body: { memory: null, disk: (await of(tinyMemory))!.stored + MiB },
    });
    assert.deepEqual(
      (await list()).map(({ memory }) => memory),
      [tinyMemory],
    );
    await budget(null);
    await assertConsistent(lodge);
    await lodge.start();
  });

  it("that are removed while in use are stale, and go with the last guest", async () => {
    await lodge.run({ name: "user" });
    const before = (await of(tinyMemory))!;
    const removed = await lodge.done(
      lodge.client.call("templateDelete", { params: { template: before.id } }),
    );
    assert.deepEqual(removed.result, { gone: false });
    const stale = (await list()).find(({ id }) => id === before.id)!;
    assert.deepEqual([stale.state, stale.reason, stale.guests], ["stale", "it was removed", 1]);
    // What a guest reads of it that it never touched makes it larger.
    assert.ok(stale.resident >= before.resident);
    assert.ok(stale.stored < before.stored);
    assert.equal(await lodge.sh("user", "echo lives"), "lives");
    await assertConsistent(lodge);
    await lodge.start();
    assert.equal(await lodge.sh("user", "echo lives"), "lives");
    await lodge.remove("user");
    await until(async () => (await list()).length === 0);
    await assertConsistent(lodge);
    await lodge.start();
  });
});
