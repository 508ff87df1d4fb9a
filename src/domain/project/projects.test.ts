import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { hasCode, type ErrorCode } from "#contract/errors";
import { ManualClock } from "#durable/store/manual-clock";
import { MemoryStore } from "#durable/store/memory";
import { put } from "#durable/store/update";
import { Projects } from "./projects.ts";
import { nothing } from "./quota.ts";
import { findProject, projectKey, stays } from "./record.ts";

let store: MemoryStore;
let held: string[];
let cleared: string[];
let projects: Projects;

beforeEach(() => {
  const clock = new ManualClock();
  store = new MemoryStore({ clock });
  held = [];
  cleared = [];
  projects = new Projects({
    store,
    clock,
    held: async () => held,
    clear: async (project) => void cleared.push(project),
    usage,
  });
});

const usage = async (project: string) => {
  const { quota = {} } = (await findProject(store, project)).project;
  return { project, quota, used: nothing, holders: [] };
};

const refused = (promise: Promise<unknown>, code: ErrorCode) =>
  assert.rejects(promise, (error) => hasCode(error, code));
const names = async () => (await projects.list()).map(({ name }) => name);

describe("projects", () => {
  it("are made, described, listed and removed; the default one is always there", async () => {
    assert.deepEqual(await names(), ["default"]);
    await projects.create({ name: "shop", description: "the web shop" });
    await projects.create({ name: "lab" });
    assert.deepEqual(await names(), ["default", "lab", "shop"]);
    await projects.update("shop", { description: "the other shop" });
    await projects.update("default", { description: "the rest" });
    assert.equal((await projects.get("shop")).description, "the other shop");
    assert.equal((await projects.get("default")).description, "the rest");
    await projects.remove("shop");
    assert.deepEqual(await names(), ["default", "lab"]);
    assert.deepEqual(cleared, ["shop"]);
    await refused(projects.remove("default"), "project.default");
    await refused(projects.create({ name: "lab" }), "project.name_taken");
    await refused(projects.create({ name: "default" }), "project.name_taken");
    for (const asked of [projects.get("shop"), projects.update("shop", {}), projects.remove("shop")])
      await refused(asked, "project.not_found");
  });

  it("that hold something stay, and the refusal names it", async () => {
    await projects.create({ name: "shop" });
    held = ["guest web", "image base"];
    await assert.rejects(projects.remove("shop"), (error: Error) => {
      assert.ok(hasCode(error, "project.in_use"));
      return error.message.includes("guest web, image base");
    });
    assert.deepEqual(cleared, []);
    assert.deepEqual(await names(), ["default", "shop"]);
  });

  it("take nothing in once they are being removed, and what came before is seen", async () => {
    await projects.create({ name: "shop" });
    const compare = await stays(store, "shop");
    // Somebody puts a guest in between the first look and the mark.
    let looks = 0;
    const racing = new Projects({
      store,
      clock: new ManualClock(),
      held: async () => (++looks === 1 ? [] : held),
      clear: async (project) => void cleared.push(project),
      usage,
    });
    held = ["guest web"];
    await refused(racing.remove("shop"), "project.in_use");
    assert.equal(looks, 2);
    // Who compared before the mark is refused, whatever became of the removal.
    await refused(store.transact({ compare, put: [{ key: "guests/g", value: {} }] }), "store.conflict");
    await store.transact({ compare: await stays(store, "shop"), put: [{ key: "guests/g", value: {} }] });
  });

  it("have quotas, which a change that does not name them leaves, and null takes away", async () => {
    await projects.create({ name: "shop" });
    await projects.changeQuota("shop", { guests: 5, memory: 2 ** 30 });
    assert.deepEqual((await projects.changeQuota("shop", { memory: null })).quota, { guests: 5 });
    assert.deepEqual((await projects.get("shop")).quota, { guests: 5 });
    await projects.update("shop", { description: "still" });
    assert.deepEqual((await projects.usage("shop")).quota, { guests: 5 });
    await projects.changeQuota("shop", { guests: null });
    assert.equal((await projects.get("shop")).quota, undefined);
    await projects.changeQuota("default", { cpus: 4 });
    assert.deepEqual((await projects.get("default")).quota, { cpus: 4 });
    await refused(projects.changeQuota("none", { cpus: 4 }), "project.not_found");
  });

  it("whose removal a daemon's end cut short are there again", async () => {
    const record = { name: "shop", description: "", createdAt: "2026-01-02T03:04:05.000Z", removing: true };
    await put(store, projectKey("shop"), record);
    await refused(stays(store, "shop"), "project.not_found");
    assert.deepEqual(await names(), ["default"]);
    await projects.open();
    assert.deepEqual(await names(), ["default", "shop"]);
  });
});
