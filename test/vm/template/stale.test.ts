/** Are templates made anew when what they were made of has changed, whenever the daemon is killed meanwhile? */
import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { imageKey, readyImages } from "#domain/image/record";
import { listTemplates, templateKey, type TemplateRecord } from "#domain/template/record";
import { assertConsistent } from "../guest/consistent.ts";
import { TestLodge } from "../daemon.ts";
import { addTinyImage } from "../furnish.ts";

describe("templates of what is no more", () => {
  let lodge: TestLodge;
  before(async () => {
    lodge = await TestLodge.start(undefined, { parked: false });
    await lodge.park();
  });
  after(() => lodge?.[Symbol.asyncDispose]());

  const list = () => lodge.client.call("templateList");
  const until = async (condition: () => Promise<boolean>) => {
    while (!(await condition())) await delay(20);
  };
  const oneParked = async () => {
    const all = await list();
    return all.length === 1 && all[0]!.state === "parked";
  };
  /** As if templates had been made by another QEMU, or another Lodge. */
  const age = (change: Partial<TemplateRecord>) =>
    lodge.withStore(async (store) => {
      for (const record of await listTemplates(store))
        await store.transact({ put: [{ key: templateKey(record.id), value: { ...record, ...change } }] });
    });
  const check = async () => {
    await assertConsistent(lodge);
    await lodge.start();
  };

  it("go at once where nobody uses them, and others are parked for shapes in use", async () => {
    const [old] = await list();
    await lodge.end("SIGTERM");
    await age({ qemu: "another" });
    await lodge.start();
    await until(oneParked);
    assert.notEqual((await list())[0]!.id, old!.id);
    assert.equal((await lodge.run({ name: "g" })).origin.template, (await list())[0]!.id);
    await check();
  });

  it("stay under the guests that use them, from which no more are forked", async () => {
    const [old] = await list();
    await lodge.end("SIGTERM");
    await age({ layout: 0 });
    await lodge.start();
    await until(async () => (await list()).some(({ state }) => state === "parked"));
    const stale = (await list()).find(({ id }) => id === old!.id)!;
    assert.deepEqual(
      [stale.state, stale.reason, stale.guests],
      ["stale", "the machine's layout was changed", 1],
    );
    assert.equal(await lodge.sh("g", "echo lives"), "lives");
    assert.notEqual((await lodge.run({ name: "h" })).origin.template, old!.id);
    await lodge.remove("h");
    await check();
    await lodge.remove("g");
    await until(oneParked);
    await check();
  });

  it("make place for those of an image that was rebuilt, and the old image goes with them", async () => {
    await lodge.end("SIGTERM");
    const [old, made] = await lodge.withStore(async (store) => {
      const [image] = await readyImages(store);
      const id = await addTinyImage(store, lodge.paths, "tiny");
      await store.transact({ put: [{ key: imageKey(image!.id), value: { ...image!, name: image!.id } }] });
      return [image!.id, id];
    });
    await lodge.start();
    await until(oneParked);
    assert.equal((await list())[0]!.image, made);
    await until(async () => !(await readdir(lodge.paths.images)).includes(old!));
    await check();
  });

  it("of a shape that nobody asked for lately go without another", async () => {
    await lodge.end("SIGTERM");
    await age({ qemu: "another", usedAt: "2020-01-01T00:00:00Z" });
    await lodge.withStore(async (store) => {
      const uses = (await store.list("template-uses/")).items.map(({ key }) => key);
      await store.transact({ delete: uses });
    });
    await lodge.start();
    await until(async () => (await list()).length === 0);
    await check();
    assert.deepEqual(await list(), []);
    await lodge.park();
  });

  for (const moment of [0, 150, 1500]) {
    it(`are made anew though the daemon is killed ${moment} ms after it found them`, async () => {
      const [old] = await list();
      await lodge.end("SIGTERM");
      await age({ qemu: "another", usedAt: new Date().toISOString() });
      await lodge.start();
      await delay(moment);
      await lodge.restart();
      await until(oneParked);
      assert.notEqual((await list())[0]!.id, old!.id);
      await check();
    });
  }
});

describe("a daemon that is killed as templates come and go", () => {
  let lodge: TestLodge;
  before(async () => {
    lodge = await TestLodge.start(undefined, { parked: false });
    await lodge.park();
  });
  after(() => lodge?.[Symbol.asyncDispose]());

  const budget = (memory: number | null) => lodge.client.call("templateBudgetUpdate", { body: { memory } });

  for (const moment of [0, 10]) {
    it(`evicts and reads back as before, ${moment} ms into each`, async () => {
      budget(0).catch(() => undefined);
      await delay(moment);
      await lodge.restart();
      await budget(null);
      await assertConsistent(lodge);
      await lodge.start();
      const fork = lodge.run({ name: "fork" });
      fork.catch(() => undefined);
      await delay(moment * 5);
      await lodge.restart();
      await assertConsistent(lodge);
      await lodge.start();
      for (const { id } of await lodge.client.call("guestList")) await lodge.remove(id);
      const guest = await lodge.run({ name: "whole" });
      assert.equal(guest.origin.how, "fork");
      await lodge.remove(guest.id);
    });
  }

  for (const moment of [0, 10]) {
    it(`removes one that a guest is just being forked from, ${moment} ms into it`, async () => {
      const [template] = await lodge.client.call("templateList");
      const fork = lodge.run({ name: "fork" });
      fork.catch(() => undefined);
      await delay(moment * 10);
      const removal = lodge.client.call("templateDelete", { params: { template: template!.id } });
      removal.catch(() => undefined);
      await delay(moment);
      await lodge.restart();
      await assertConsistent(lodge);
      await lodge.start();
      for (const { id } of await lodge.client.call("guestList")) await lodge.remove(id);
      await lodge.idle();
      if (!(await lodge.client.call("templateList")).some(({ state }) => state === "parked"))
        await lodge.park();
      await assertConsistent(lodge);
      await lodge.start();
    });
  }

  it("or is not killed: a fork from one that is removed at the same moment is whole", async () => {
    for (const moment of [0, 40]) {
      const [template] = await lodge.client.call("templateList");
      const fork = lodge.run({ name: `fork-${moment}` });
      await delay(moment);
      await lodge.done(lodge.client.call("templateDelete", { params: { template: template!.id } }));
      const { name } = await fork;
      assert.equal(await lodge.sh(name, "echo whole"), "whole");
      await lodge.remove(name);
      await lodge.idle();
      if (!(await lodge.client.call("templateList")).some(({ state }) => state === "parked"))
        await lodge.park();
    }
  });
});
