/** Can one limit guests, give projects quotas and say what the host promises, in a browser? */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { importBlank } from "../fakes/furnish.ts";
import { Visit } from "./browser.ts";
import { violations } from "./violations.ts";

const memory = 16_777_216;

describe("resources, in a browser", () => {
  let visit: Visit;
  before(async () => {
    visit = await Visit.begin();
    const { client } = visit.daemon;
    await importBlank(client, "debian-13");
    const body = { image: "debian-13", name: "web", memory, start: false };
    await client.waitFor(await client.call("guestCreate", { body }));
    await visit.signUp();
  });
  after(() => visit.end());

  const dialog = () => visit.page.getByRole("dialog");

  it("a guest's limits are shown, changed, and taken away", async () => {
    const { page, daemon } = visit;
    await visit.open("/guests/web");
    await page.getByText("what nobody else wants").waitFor();
    await page.getByRole("button", { name: "Change limits" }).click();
    await dialog().getByLabel("Disks write, MiB/s").fill("2.5");
    await dialog().getByLabel("Writes a second").fill("300");
    assert.deepEqual(await violations(visit.page), []);
    await dialog().getByRole("button", { name: "Save" }).click();
    await page.getByText("writes 2.5 MiB/s, 300 writes/s").waitFor();
    const limits = async () => (await daemon.client.call("guestGet", { params: { guest: "web" } })).limits;
    assert.deepEqual(await limits(), { disk: { writeBytes: 2.5 * 2 ** 20, writeOps: 300 } });
    await page.getByRole("button", { name: "Change limits" }).click();
    await dialog().getByLabel("Disks write, MiB/s").fill("");
    await dialog().getByLabel("Writes a second").fill("");
    await dialog().getByRole("button", { name: "Save" }).click();
    await page.getByText("what nobody else wants").waitFor();
    assert.equal(await limits(), undefined);
  });

  it("what cannot be kept is refused where it was asked for", async () => {
    const { page } = visit;
    await page.getByRole("button", { name: "Change limits" }).click();
    await dialog().getByLabel("On the host's processors").fill("4000");
    await dialog().getByRole("button", { name: "Save" }).click();
    await dialog().getByRole("alert").waitFor();
    await dialog().getByRole("button", { name: "Cancel" }).click();
  });

  it("a project's quotas are set, and a bar shows how much of one is used", async () => {
    const { page } = visit;
    await visit.open("/projects");
    await page.getByRole("button", { name: "Actions: default" }).click();
    await page.getByRole("menuitem", { name: "What it has" }).click();
    await dialog().getByText("1, no quota").first().waitFor();
    await dialog().getByRole("button", { name: "Change quotas" }).click();
    await dialog().getByLabel("Guests", { exact: true }).fill("4");
    assert.deepEqual(await violations(visit.page), []);
    await dialog().getByRole("button", { name: "Save" }).click();
    await dialog().getByText("1 of 4").waitFor();
    assert.equal(await dialog().getByRole("meter", { name: "Guests" }).getAttribute("aria-valuenow"), "25");
    assert.deepEqual(await violations(visit.page), []);
    await page.keyboard.press("Escape");
  });

  it("a pool of Ceph's is asked for its monitors, a user and the key, and why it cannot be used is said", async () => {
    const { page } = visit;
    await visit.open("/volumes");
    await page.getByRole("button", { name: "New pool" }).click();
    await dialog().getByLabel("Name").fill("ceph");
    assert.equal(await dialog().getByLabel("Monitors").count(), 0);
    await dialog().getByLabel("Kind").selectOption("rbd");
    await dialog().getByLabel("Where").fill("rbd");
    await dialog().getByLabel("Monitors").fill("127.0.0.1:1, 127.0.0.1:2");
    await dialog().getByLabel("User of Ceph's").fill("lodge");
    await dialog().getByRole("textbox", { name: "That user's key" }).fill("QUFBQUFBQUFBQUFB");
    assert.deepEqual(await violations(visit.page), []);
    await dialog().getByRole("button", { name: "Create" }).click();
    await dialog().getByText("Pool 'ceph' cannot be used").waitFor();
    await dialog().getByRole("button", { name: "Cancel" }).click();
  });

  it("the host's ratios are changed", async () => {
    const { page } = visit;
    await visit.open("/hosts");
    await page.getByRole("meter", { name: "Memory" }).waitFor();
    await page.getByRole("button", { name: "Change ratios" }).click();
    await dialog().getByLabel("Memory").fill("1.5");
    assert.deepEqual(await violations(visit.page), []);
    await dialog().getByRole("button", { name: "Save" }).click();
    await page.getByText("1.5 ×").waitFor();
  });

  it("a guest that runs gets more memory, as far as it was made with room", async () => {
    const { page, daemon } = visit;
    const { client } = daemon;
    const body = { image: "debian-13", name: "db", memory: 2 * memory, maxMemory: 8 * memory, wait: "none" };
    await client.waitFor(await client.call("guestCreate", { body } as never));
    await visit.open("/guests/db");
    await page.getByText("32 MiB, room for 128 MiB").waitFor();
    await page.getByRole("button", { name: "Change size" }).click();
    await dialog().getByText("from 8 MiB to 128 MiB of memory").waitFor();
    assert.equal(await dialog().getByRole("button", { name: "Save" }).isDisabled(), true);
    await dialog().getByLabel("Memory, in MiB").fill("96");
    assert.deepEqual(await violations(visit.page), []);
    await dialog().getByRole("button", { name: "Save" }).click();
    await page.getByText("96 MiB, room for 128 MiB").waitFor();
    const { memory: now, memoryNow } = await client.call("guestGet", { params: { guest: "db" } });
    assert.deepEqual([now, memoryNow], [6 * memory, 6 * memory]);
  });
});
