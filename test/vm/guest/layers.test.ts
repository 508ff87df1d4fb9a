/** Do images and templates stay as long as somebody stands on them, and no longer? */
import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { hasCode } from "#contract/errors";
import { TestLodge, tinyMemory } from "../daemon.ts";
import { addTinyImage } from "../furnish.ts";

describe("what guests stand on", () => {
  let lodge: TestLodge;
  before(async () => {
    lodge = await TestLodge.start();
    await lodge.run({ name: "g" });
  });
  after(() => lodge?.[Symbol.asyncDispose]());

  // Beside them is what cells see of them.
  const layers = async () =>
    (await readdir(join(lodge.home, "layers"))).filter((name) => name.endsWith(".qcow2"));
  const removeImage = (image: string) => lodge.done(lodge.client.call("imageDelete", { params: { image } }));

  it("an image in use is not removed", async () => {
    await assert.rejects(
      removeImage("tiny"),
      (error: { code: string; message: string }) =>
        error.code === "image.in_use" && error.message.includes("guest g"),
    );
    assert.equal((await lodge.run({ name: "h" })).origin.how, "fork");
    await lodge.remove("h");
  });

  it("a template that is removed lives on under its guests, and no more guests fork from it", async () => {
    const template = (await lodge.client.call("templateList"))[0]!.id;
    await lodge.done(lodge.client.call("templateDelete", { params: { template } }));
    assert.equal((await layers()).length, 2);
    assert.equal(await lodge.sh("g", "echo lives"), "lives");
    const cold = await lodge.run({ name: "cold", wait: "none" });
    assert.equal(cold.origin.how, "boot");
    assert.match(cold.origin.reason ?? "", /no template/);
    await lodge.idle();
    await lodge.remove("cold");
    await lodge.done(lodge.client.call("guestStop", { params: { guest: "g" }, body: { force: true } }));
    await lodge.done(lodge.client.call("guestStart", { params: { guest: "g" } }));
    assert.equal(await lodge.sh("g", "echo still"), "still");
  });

  it("a template frees its layer with the last guest, and then the image can go", async () => {
    await lodge.remove("g");
    for (const { id } of await lodge.client.call("templateList")) {
      // The one that was removed before goes by itself, and may be gone by now.
      await lodge.done(lodge.client.call("templateDelete", { params: { template: id } })).catch((error) => {
        if (!hasCode(error, "template.not_found")) throw error;
      });
    }
    while ((await layers()).length > 0) await delay(20);
    await removeImage("tiny");
    assert.deepEqual(await readdir(lodge.paths.images), []);
    await assert.rejects(lodge.run(), { code: "image.not_found" });
  });

  it("a guest that stops can become an image, which is one like others", async () => {
    await lodge.end("SIGTERM");
    await lodge.withStore((store) => addTinyImage(store, lodge.paths, "tiny"));
    await lodge.start();
    await lodge.run({ name: "source", start: false });
    await lodge.done(lodge.client.call("imageCreate", { body: { guest: "source", name: "made" } }));
    // The tiny guest's disk holds no kernel, so that a template of it would wait in vain.
    const begun = async () =>
      (await lodge.client.call("operationList", { query: { status: "running" } })).length > 0;
    while (!(await begun())) await delay(20);
    await lodge.idle({ cancel: true });
    const image = await lodge.client.call("imageGet", { params: { image: "made" } });
    assert.equal(image.agent, "lodge");
    const guest = await lodge.run({ image: "made", name: "copy", memory: tinyMemory, start: false });
    assert.equal(guest.origin.image, "made");
    await lodge.remove("copy");
    await removeImage("made");
  });
});
