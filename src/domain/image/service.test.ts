import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { access, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { systemClock } from "#base/clock";
import { silentLog } from "#base/log";
import type { Operation } from "#contract/operation";
import { OperationRegistry } from "#durable/operation/define";
import { OperationEngine } from "#durable/operation/engine";
import { MemoryStore } from "#durable/store/memory";
import { FakeGuests, FakeTools } from "../../../test/fakes/image-tools.ts";
import { findImage, readyImages, toImage, usableImage } from "./record.ts";
import { defineImageOperations, ImageService } from "./service.ts";
import { imageFolders, sweepImages } from "./sweep.ts";

describe("images", () => {
  let folder = "";
  let store = new MemoryStore();
  let tools = new FakeTools();
  let guests = new FakeGuests(tools);
  let told: string[] = [];
  let engine: OperationEngine;
  let images: ImageService;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "images-"));
    store = new MemoryStore();
    tools = new FakeTools();
    guests = new FakeGuests(tools);
    told = [];
    const parts = { store, key: randomBytes(32), folder, clock: systemClock };
    const operations = defineImageOperations(parts, tools, guests);
    const registry = new OperationRegistry().add(...Object.values(operations));
    engine = new OperationEngine({ store, registry, clock: systemClock, log: silentLog, pauses: [] });
    await engine.recover();
    const onMade = (image: string) => void told.push(image);
    images = new ImageService({ ...parts, engine, operations, tools, guests, log: silentLog, onMade });
  });
  afterEach(async () => {
    await engine.idle();
    await store.close();
    await rm(folder, { recursive: true });
  });

  const end = async (operation: Operation | Promise<Operation>) => {
    const ended = await engine.wait((await operation).id, new AbortController().signal);
    await engine.idle();
    return ended;
  };
  const named = async (name: string) => toImage((await findImage(store, name, "default")).image);
  const build = (rebuild?: boolean) =>
    end(images.build({ recipe: "debian-13", ...(rebuild && { rebuild }) }, "default"));

  it("are built once, and again only when the recipe has changed or it is asked for", async () => {
    assert.equal((await build()).status, "succeeded");
    const first = await named("debian-13");
    assert.equal((await images.recipes()).map(({ built }) => built).join(), "true,false");
    await build();
    assert.equal(tools.made, 1);
    assert.equal((await named("debian-13")).id, first.id);
    tools.digest = "changed";
    assert.equal((await images.recipes()).map(({ built }) => built).join(), "false,false");
    await build();
    const second = await named("debian-13");
    assert.notEqual(second.id, first.id);
    await build(true);
    const third = await named("debian-13");
    assert.notEqual(third.id, second.id);
    assert.deepEqual(told, [first.id, first.id, second.id, third.id]);
  });

  it("that were rebuilt go once nobody stands on them, and until then keep their id", async () => {
    await build();
    const { id } = await named("debian-13");
    guests.users.set(id, ["web"]);
    await build(true);
    assert.equal((await images.get(id)).name, id);
    assert.equal((await readyImages(store)).length, 2);
    await images.tidy();
    await engine.idle();
    await access(join(folder, id, "disk.raw"));
    guests.users.delete(id);
    await images.tidy();
    await engine.idle();
    await assert.rejects(images.get(id), { code: "image.not_found" });
    assert.deepEqual(await readdir(folder), [(await named("debian-13")).id]);
  });

  it("that are being built twice at once are built once", async () => {
    const [one, two] = await Promise.all([build(), build()]);
    assert.deepEqual(one.result, two.result);
    assert.equal(tools.made, 1);
  });

  it("do not take a name that another has", async () => {
    await end(images.import({ path: "/srv/Web_1.QCOW2" }, "default"));
    assert.equal((await named("web_1")).description, "imported from /srv/Web_1.QCOW2");
    await assert.rejects(images.import({ path: "/srv/x", name: "web_1" }, "default"), {
      code: "image.name_taken",
    });
    await assert.rejects(images.pull({ url: "https://example.com/web_1.img?x=1" }, "default"), {
      code: "image.name_taken",
    });
    await end(images.import({ path: "/srv/y", name: "debian-13" }, "default"));
    const { error } = await build();
    assert.equal(error?.code, "image.name_taken");
  });

  it("that are downloaded leave nothing in the store of what may open their address", async () => {
    const url = "https://example.com/c.img?signature=hunter2";
    const kept = async () => JSON.stringify((await store.list("")).items);
    let meanwhile = "";
    tools.half = async () => void (meanwhile = await kept());
    const { error } = await end(images.pull({ url }, "default"));
    assert.equal(error, undefined);
    assert.ok(meanwhile.includes("image.pull"));
    for (const text of [meanwhile, await kept()]) assert.ok(!text.includes("hunter2"), text);
    const image = await named("c");
    assert.deepEqual(image.source, { url: "https://example.com/c.img" });
    assert.equal(image.description, `downloaded from ${url}`.replace(/\?.*/, ""));
  });

  it("have the agent that is said to be in them, however they are made", async () => {
    await end(images.import({ path: "/srv/a", name: "a", agent: "qemu" }, "default"));
    await end(images.pull({ url: "https://example.com/b.img", agent: "none" }, "default"));
    await end(images.create({ guest: "web", name: "c", agent: "qemu" }));
    await end(images.create({ guest: "web", name: "d" }));
    const agents = (await readyImages(store)).map(({ name, agent }) => `${name} ${agent}`);
    assert.deepEqual(agents.toSorted(), ["a qemu", "b none", "c qemu", "d lodge"]);
  });

  it("imported twice at once under one name: the second is refused and leaves nothing", async () => {
    const started = [
      images.import({ path: "/srv/a", name: "a" }, "default"),
      images.import({ path: "/srv/b", name: "a" }, "default"),
    ];
    const [one, two] = await Promise.all(started.map(end));
    assert.equal(one?.status, "succeeded");
    assert.equal(two?.error?.code, "image.name_taken");
    assert.equal((await readdir(folder)).length, 1);
  });

  it("can be made of a guest, which the operation holds meanwhile", async () => {
    let holder: string | undefined;
    tools.half = async () => void (holder = engine.holderOf("guest:g0123456789"));
    const operation = await end(images.create({ guest: "web", name: "copy" }));
    assert.equal(holder, operation.id);
    assert.deepEqual((await named("copy")).source, { guest: "g0123456789" });
    await assert.rejects(images.create({ guest: "none", name: "other" }), { code: "guest.not_found" });
  });

  it("say what is wrong before any operation begins", async () => {
    await assert.rejects(images.build({ recipe: "plan-9" }, "default"), { code: "image.recipe_not_found" });
    await assert.rejects(images.remove("none"), { code: "image.not_found" });
    await build();
    guests.users.set((await named("debian-13")).id, ["web"]);
    await assert.rejects(images.remove((await named("debian-13")).id), { code: "image.in_use" });
    assert.equal((await engine.list()).length, 1);
  });

  it("are removed with their files, by name or id", async () => {
    await build();
    await end(images.remove((await named("debian-13")).id));
    assert.deepEqual(await readyImages(store), []);
    assert.deepEqual(await readdir(folder), []);
  });

  it("leave nothing of a build that is cancelled half way or finds the disk full", async () => {
    tools.half = async () => {
      throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    };
    assert.equal((await build()).error?.code, "host.no_space");
    const entered = Promise.withResolvers<void>();
    tools.half = async ({ signal }) => {
      entered.resolve();
      await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    };
    const operation = await images.build({ recipe: "debian-13" }, "default");
    await entered.promise;
    await engine.cancel(operation.id);
    assert.equal((await end(operation)).status, "cancelled");
    assert.deepEqual(await readdir(folder), []);
    assert.deepEqual(await readyImages(store), []);
  });

  it("show how far they are", async () => {
    let seen = "";
    tools.half = async () => {
      const [operation] = await engine.list();
      seen = (await engine.wait(operation!.id, AbortSignal.timeout(5000), operation!.sequence)).progress
        .message;
    };
    await build();
    assert.equal(seen, "half of it");
  });

  it("whose file is missing are known to be unusable", async () => {
    await build();
    const { image } = await usableImage(store, "debian-13", "default");
    await rm(image.path);
    await assert.rejects(usableImage(store, "debian-13", "default"), { code: "image.file_missing" });
    assert.equal((await findImage(store, image.id, "default")).image.id, image.id);
  });

  it("have folders; what has no image is swept away, and nothing else", async () => {
    await build();
    const { id } = await named("debian-13");
    for (const name of ["izzzzzzzzzz", "downloads", "inotlongenough"]) await mkdir(join(folder, name));
    await writeFile(join(folder, "i0000000000"), "");
    const found = await imageFolders(folder);
    await mkdir(join(folder, "i1111111111"));
    assert.deepEqual(await sweepImages(store, folder, found), ["izzzzzzzzzz"]);
    const left = ["downloads", "i0000000000", "i1111111111", "inotlongenough", id];
    assert.deepEqual((await readdir(folder)).toSorted(), left.toSorted());
  });
});
