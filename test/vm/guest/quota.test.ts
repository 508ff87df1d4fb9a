/** Does nobody get more than the host promises and his project may have, also not two at once? */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { hasCode } from "#contract/errors";
import type { QuotaChange } from "#contract/schema/quota";
import { MiB, TestLodge, tinyMemory } from "../daemon.ts";

describe("the host and a project", () => {
  let lodge: TestLodge;
  before(async () => {
    lodge = await TestLodge.start();
  });
  after(() => lodge?.[Symbol.asyncDispose]());

  const quota = (body: QuotaChange) =>
    lodge.client.call("projectQuota", { params: { project: "default" }, body });
  const usage = async () =>
    (await lodge.client.call("projectUsage", { params: { project: "default" } })).used;
  const refused = (promise: Promise<unknown>, code: "project.quota" | "host.promised") =>
    assert.rejects(promise, (error: Error) => hasCode(error, code));

  it("count templates, and let in as many of those who come at once as there is room for", async () => {
    assert.deepEqual((await usage()).templates, 1);
    await quota({ guests: 2 });
    const all = await Promise.allSettled([1, 2, 3, 4].map((i) => lodge.run({ name: `a${i}` })));
    assert.equal(all.filter(({ status }) => status === "fulfilled").length, 2);
    for (const one of all) if (one.status === "rejected") assert.ok(hasCode(one.reason, "project.quota"));
    assert.equal((await usage()).guests, 2);
    const [first, second] = (await lodge.client.call("guestList")).map(({ name }) => name);
    await assert.rejects(lodge.run({ name: "b" }), new RegExp(`${first}, ${second}`));
    const fork = () => lodge.client.call("guestFork", { params: { guest: first! }, body: {} });
    await refused(lodge.done(fork()), "project.quota");
    await lodge.remove(second!);
    await lodge.done(fork());
    await quota({ guests: null });
  });

  it("count snapshots, disks and ports", async () => {
    const [{ name } = { name: "" }] = await lodge.client.call("guestList");
    const params = { guest: name };
    await quota({ snapshots: 1, ports: 1 });
    await lodge.done(lodge.client.call("snapshotCreate", { params, body: { name: "one" } }));
    await refused(lodge.client.call("snapshotCreate", { params, body: { name: "two" } }), "project.quota");
    await quota({ disk: (await usage()).disk });
    await refused(lodge.client.call("diskAdd", { params, body: { size: 2 ** 20 } }), "project.quota");
    const publish = [18080, 18081].map((hostPort) => ({ protocol: "tcp" as const, hostPort, guestPort: 80 }));
    const set = (ports: typeof publish) =>
      lodge.client.call("guestUpdate", { params, body: { publish: ports } });
    await refused(set(publish), "project.quota");
    await set(publish.slice(1));
    await quota({ snapshots: null, ports: null, disk: null });
  });

  it("count volumes, what they are made larger by, and what a snapshot that is restored has more", async () => {
    const [{ name } = { name: "" }] = await lodge.client.call("guestList");
    const { client } = lodge;
    const params = { guest: name };
    await lodge.done(client.call("volumeCreate", { body: { name: "data", size: 8 * MiB } }));
    await quota({ disk: (await usage()).disk });
    for (const volume of ["data", `${name}:disk0`])
      await refused(
        client.call("volumeResize", { params: { volume }, body: { size: 128 * MiB } }),
        "project.quota",
      );
    const clone = client.call("volumeClone", { params: { volume: "data" }, body: { name: "more" } });
    await refused(clone, "project.quota");
    await quota({ disk: null });
    await client.call("volumeDelete", { params: { volume: "data" } });
    await lodge.done(client.call("guestStop", { params, body: { force: true } }));
    const resize = (memory: number) => client.call("guestUpdate", { params, body: { memory } });
    await resize(tinyMemory + 32 * MiB);
    await lodge.done(client.call("snapshotCreate", { params, body: { name: "larger" } }));
    await resize(tinyMemory);
    await quota({ memory: (await usage()).memory });
    const restore = () =>
      client.call("snapshotRestore", { params: { guest: name, snapshot: "larger" }, body: {} });
    await refused(restore(), "project.quota");
    await quota({ memory: null });
    await lodge.done(restore());
    assert.equal((await lodge.guest(name)).memory, tinyMemory + 32 * MiB);
    await resize(tinyMemory);
    await lodge.done(client.call("guestStart", { params }));
  });

  it("promise memory to those that run, and refuse the start of one more", async () => {
    const { memory } = await lodge.client.call("hostPromise");
    const [{ name } = { name: "" }] = await lodge.client.call("guestList");
    await lodge.done(lodge.client.call("guestStop", { params: { guest: name }, body: { force: true } }));
    const now = (await lodge.client.call("hostPromise")).memory.promised;
    assert.equal(now, memory.promised - tinyMemory);
    const overcommit = (ratio: number | null) =>
      lodge.client.call("hostUpdate", { body: { overcommit: { memory: ratio } } });
    await overcommit((now + tinyMemory / 2) / memory.size);
    const start = () => lodge.done(lodge.client.call("guestStart", { params: { guest: name } }));
    await refused(start(), "host.promised");
    assert.equal((await lodge.guest(name)).state, "stopped");
    await overcommit(null);
    await start();
  });
});
